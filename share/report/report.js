/* share/report/report.js - the plots, the switches and the coloured pairs of report.html.
 * All texts reach the page as text, never as HTML. */
(function () {
	'use strict';
	var root = document.documentElement;
	var data = JSON.parse(document.getElementById('data').textContent);
	var drawn = [];		/* functions that draw everything again in other colours */

	function chinese() {
		return root.getAttribute('data-lang') === 'zh';
	}

	function element(tag, className, text, parent) {
		var e = document.createElement(tag);
		if (className)
			e.className = className;
		if (text !== undefined && text !== null)
			e.textContent = text;
		if (parent)
			parent.appendChild(e);
		return e;
	}

	function both(parent, en, zh) {
		element('span', '', en, parent).lang = 'en';
		element('span', '', zh, parent).lang = 'zh';
	}

	function color(name) {
		return getComputedStyle(root).getPropertyValue('--' + name).trim();
	}

	/* Three digits that count, as the tables have them. */
	function three(v) {
		var m = Math.abs(v);
		if (v === 0)
			return '0';
		if (m >= 1e5)
			return v.toExponential(2);
		return m >= 99.95 ? v.toFixed(0) : m >= 9.995 ? v.toFixed(1) :
			m >= 0.9995 ? v.toFixed(2) : String(Number(v.toPrecision(3)));
	}

	function bytes(v) {
		var units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
		var i = 0;
		while (Math.abs(v) >= 1024 && i < units.length - 1) {
			v /= 1024;
			i++;
		}
		return three(v) + ' ' + units[i];
	}

	function show(v, unit) {
		if (v === null || v === undefined || isNaN(v))
			return '–';
		if (unit === 's') {
			var m = Math.abs(v);
			if (m === 0)
				return '0 s';
			if (m < 0.9995e-3)
				return three(v * 1e6) + ' µs';
			if (m < 0.9995)
				return three(v * 1e3) + ' ms';
			return three(v) + ' s';
		}
		if (unit === 'B')
			return bytes(v);
		if (unit === 'ratio' || unit === 'count' || !unit)
			return three(v);
		return three(v) + ' ' + unit;
	}

	/* The same for an axis: no zeros behind the point. */
	function tick(v, unit) {
		return show(v, unit).replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
	}

	function clock(s) {
		var t = Math.abs(s);
		if (t < 120)
			return tick(s, '') + ' s';
		if (t < 7200)
			return tick(s / 60, '') + ' min';
		return tick(s / 3600, '') + ' h';
	}

	/* A line above a plot: its title, then each line's name and its value under the pointer. */
	function heading(parent, title, names, unit) {
		var head = element('div', 'plothead', null, parent);
		var b = element('b', '', null, head);
		both(b, title[0], title[1]);
		var at = element('span', '', '', head);
		var values = names.map(function (n, i) {
			var span = element('span', '', null, head);
			if (!n.label)
				return element('em', '', '', span);
			var key = element('i', '', null, span);
			key.style.borderColor = color(n.color);
			drawn.push(function () {
				key.style.borderColor = color(n.color);
			});
			element('span', '', n.label, span);
			return element('em', '', '', span);
		});
		return {
			set: function (x, row) {
				at.textContent = x;
				values.forEach(function (v, i) {
					v.textContent = row ? show(row[i], unit) : '';
				});
			}
		};
	}

	var base = {
		legend: 'never', drawGapEdgePoints: true, connectSeparatedPoints: false,
		strokeWidth: 1.4, highlightCircleSize: 2.5, axisLabelFontSize: 11, rightGap: 8,
		titleHeight: 0, xRangePad: 0
	};

	function options(own) {
		var o = { gridLineColor: color('line'), axisLineColor: color('line') };
		[base, own].forEach(function (from) {
			Object.keys(from).forEach(function (k) {
				o[k] = from[k];
			});
		});
		return o;
	}

	/* ---- one distribution: bars on a logarithmic axis, p50 and p99, the limits ---- */

	function edges(d) {
		var n = d.counts.length;
		var step = Math.log(d.high / d.low) / n;
		var list = [];
		for (var i = 0; i <= n; i++)
			list.push(d.low * Math.exp(step * i));
		return list;
	}

	function marks(d) {
		var list = [{ text: 'p50', value: d.p50, color: 'ink' },
			{ text: 'p99', value: d.p99, color: 'ink' }];
		d.limits.forEach(function (l) {
			list.push({ text: l.text + ' ' + show(l.value, d.unit), value: l.value,
				color: 'c2', limit: true });
		});
		return list;
	}

	/* Where x stands: toDomXCoord() knows no logarithmic axis. */
	function pixel(g, x) {
		var area = g.getArea();
		return area.x + g.toPercentXCoord(x) * area.w;
	}

	function drawMarks(d, ctx, area, g) {
		var range = g.xAxisRange();
		ctx.save();
		ctx.font = '11px system-ui, sans-serif';
		marks(d).forEach(function (m, i) {
			if (m.value < range[0] * 0.999 || m.value > range[1] * 1.001)
				return;
			var x = Math.round(pixel(g, m.value)) + 0.5;
			ctx.strokeStyle = ctx.fillStyle = color(m.color);
			ctx.setLineDash(m.limit ? [] : [3, 3]);
			ctx.beginPath();
			ctx.moveTo(x, area.y);
			ctx.lineTo(x, area.y + area.h);
			ctx.stroke();
			var left = x + 4 + ctx.measureText(m.text).width > area.x + area.w;
			ctx.textAlign = left ? 'right' : 'left';
			ctx.fillText(m.text, x + (left ? -4 : 4), area.y + 11 + 13 * (m.limit ? 1 : 0));
		});
		ctx.restore();
	}

	function logTicks(unit) {
		return function (a, b, pixels) {
			var ticks = [];
			var most = Math.max(2, Math.floor(pixels / 70));
			var sets = [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];
			var fine = b / a < 3;
			var list = [];
			if (fine) {
				var step = Math.pow(10, Math.floor(Math.log10((b - a) / most)));
				[1, 2, 5, 10].some(function (k) {
					list = [];
					for (var v = Math.ceil(a / (step * k)) * step * k; v <= b; v += step * k)
						list.push(v);
					return list.length <= most;
				});
			} else {
				sets.some(function (set) {
					list = [];
					for (var e = Math.floor(Math.log10(a)); e <= Math.log10(b); e++)
						set.forEach(function (k) {
							var v = k * Math.pow(10, e);
							if (v >= a && v <= b)
								list.push(v);
						});
					return list.length <= most;
				});
			}
			list.forEach(function (v) {
				ticks.push({ v: v, label: tick(v, unit) });
			});
			return ticks;
		};
	}

	function distribution(parent, d) {
		var e = edges(d);
		var rows = d.counts.map(function (n, i) {
			return [Math.sqrt(e[i] * e[i + 1]), n];
		});
		var head = heading(parent, [d.name + ', n = ' + d.n, d.name + ', n = ' + d.n], [], '');
		var box = element('div', 'plot tall', null, parent);
		box.dataset.plot = 'distribution';
		function bars(p) {
			var ctx = p.drawingContext;
			var zero = p.dygraph.toDomYCoord(0);
			ctx.fillStyle = color('c1');
			p.points.forEach(function (point, i) {
				if (!rows[i][1])
					return;
				var x0 = pixel(p.dygraph, e[i]);
				var x1 = pixel(p.dygraph, e[i + 1]);
				/* A filled bar stays visible, however few are in it. */
				var h = Math.max(zero - point.canvasy, 1);
				ctx.fillRect(x0, zero - h, Math.max(x1 - x0 - 1, 1), h);
			});
			drawMarks(d, ctx, p.plotArea, p.dygraph);
		}
		function settings() {
			return options({
				labels: ['x', 'n'], plotter: bars, includeZero: true,
				dateWindow: [e[0], e[e.length - 1]], interactionModel: {},
				axes: {
					x: { logscale: true, drawGrid: false, ticker: logTicks(d.unit),
						axisLabelWidth: 64 },
					y: { axisLabelWidth: 54, pixelsPerLabel: 36,
						axisLabelFormatter: function (v) {
							return v === Math.floor(v) ? tick(v, '') : '';
						} }
				},
				highlightCallback: function (ev, x, points, row) {
					head.set(show(e[row], d.unit) + ' … ' + show(e[row + 1], d.unit) +
						': ' + d.counts[row] + ' (' +
						three(100 * d.counts[row] / d.n) + ' %)', null);
				},
				unhighlightCallback: function () {
					head.set('', null);
				}
			});
		}
		var g = new Dygraph(box, rows, settings());
		return {
			again: function () {
				g.updateOptions(settings());
			},
			end: function () {
				g.destroy();
			}
		};
	}

	function distributions(parent, list) {
		if (!list.length)
			return;
		var choose = element('div', 'choose', null, parent);
		var place = element('div', '', null, parent);
		var now = null;
		var buttons = list.map(function (d, i) {
			var b = element('button', '', d.name, choose);
			b.type = 'button';
			b.onclick = function () {
				pick(i);
			};
			return b;
		});
		function pick(i) {
			if (now)
				now.end();
			place.textContent = '';
			now = distribution(place, list[i]);
			buttons.forEach(function (b, k) {
				b.setAttribute('aria-pressed', k === i);
			});
		}
		drawn.push(function () {
			now.again();
		});
		pick(0);
	}

	/* ---- timelines: all panels of a run share one clock, one zoom and one pointer ---- */

	function panels(run) {
		var list = [];
		var t = run.timeline;
		if (t) {
			list.push({ title: ['requests', '请求'], unit: '/s', zero: true, t: t.from, lines: [
				{ label: 'ok', v: t.ok, color: 'c3' },
				{ label: 'failed', v: t.failed, color: 'c2' }], step: true });
			var middle = t.from.map(function (from, i) { return (from + t.to[i]) / 2; });
			list.push({ title: ['in flight', '并发'], unit: 'count', zero: true, t: middle,
				lines: [{ label: '', v: t.in_flight, color: 'c1' }] });
			var lines = [{ label: 'p50', v: t.p50, color: 'c1' },
				{ label: 'p99', v: t.p99, color: 'c4' }];
			if (t.ttft.some(function (v) { return v !== null; }))
				lines.push({ label: 'ttft p50', v: t.ttft, color: 'c5' });
			list.push({ title: ['latency', '延迟'], unit: 's', zero: true, t: middle,
				lines: lines });
		}
		return list.concat(readings(run.series));
	}

	/* Readings that are told in one unit and name go together, host and devices side by side. */
	function readings(series) {
		var groups = [];
		var zh = { utilization: '利用率', cpu: '处理器', memory_used: '内存', power: '功率',
			temperature: '温度', rss: '常驻内存', threads: '线程', fds: '文件描述符' };
		series.forEach(function (s) {
			var key = s.unit === '%' ? '%' : s.name + ' ' + s.unit;
			var g = groups.filter(function (x) { return x.key === key; })[0];
			if (!g) {
				var name = s.unit === '%' ? ['busy', '利用率'] :
					[s.name.replace(/_/g, ' '), zh[s.name] || s.name];
				g = { key: key, title: name, unit: s.unit, zero: s.unit === '%', series: [] };
				groups.push(g);
			}
			g.series.push(s);
		});
		return groups.map(joined);
	}

	/* Dygraphs wants one column of moments: the union, with gaps where a line has no reading. */
	function joined(g) {
		var rows = {};
		g.series.forEach(function (s, i) {
			s.t.forEach(function (t, k) {
				(rows[t] = rows[t] || {})[i] = s.v[k];
			});
		});
		g.t = Object.keys(rows).map(Number).sort(function (a, b) { return a - b; });
		g.lines = g.series.map(function (s, i) {
			return {
				label: s.device + (g.unit === '%' && s.name !== 'utilization' ? ' ' + s.name : ''),
				color: 'c' + (i % 8 + 1),
				/* undefined: no reading of this line here; the line goes on to its next one */
				v: g.t.map(function (t) { return rows[t][i]; })
			};
		});
		g.between = true;
		return g;
	}

	/* Where a line's own readings stop for long, it must not be drawn through. */
	function withGaps(p) {
		if (!p.between)
			return;
		p.lines.forEach(function (line) {
			var own = p.t.filter(function (t, i) { return line.v[i] !== undefined; });
			var steps = own.slice(1).map(function (t, i) { return t - own[i]; })
				.sort(function (a, b) { return a - b; });
			var usual = steps.length ? steps[Math.floor(steps.length / 2)] : 0;
			var last = null;
			p.t.forEach(function (t, i) {
				if (line.v[i] === undefined) {
					line.v[i] = last !== null && t - last > 2.5 * usual ? NaN : null;
					return;
				}
				last = t;
			});
			/* A gap between two neighbouring rows has no row of its own to be empty in. */
			for (var i = p.t.length - 1; i > 0; i--)
				if (line.v[i] !== null && !isNaN(line.v[i]) && p.t[i] - p.t[i - 1] > 2.5 * usual)
					line.gapBefore = (line.gapBefore || []).concat(i);
		});
		var cuts = {};
		p.lines.forEach(function (line) {
			(line.gapBefore || []).forEach(function (i) { cuts[i] = true; });
		});
		Object.keys(cuts).map(Number).sort(function (a, b) { return b - a; }).forEach(function (i) {
			p.t.splice(i, 0, (p.t[i - 1] + p.t[i]) / 2);
			p.lines.forEach(function (line) { line.v.splice(i, 0, NaN); });
		});
	}

	function timelines(parent, run) {
		var list = panels(run);
		if (!list.length)
			return;
		var end = 0;
		if (run.timeline && run.timeline.to.length)
			end = run.timeline.to[run.timeline.to.length - 1];
		var whole = [0, end || 1];
		var graphs = [];
		var busy = false;
		var hint = element('p', 'hint', null, parent);
		both(hint, 'Drag to zoom all panels, double-click for the whole run.' +
			(run.timeline && run.timeline.merged > 1 ? ' Each point joins ' +
			run.timeline.merged + ' windows: mean, for p99 the worst.' : ''),
			'拖动可同时缩放所有图,双击恢复。' + (run.timeline && run.timeline.merged > 1 ?
			'每点合并 ' + run.timeline.merged + ' 个时间窗: 取均值,p99 取最差。' : ''));

		function all(f, but) {
			if (busy)
				return;
			busy = true;
			graphs.forEach(function (g) {
				if (g !== but)
					f(g);
			});
			busy = false;
		}
		function nearest(t, x) {
			var lo = 0, hi = t.length - 1;
			while (hi - lo > 1) {
				var m = (lo + hi) >> 1;
				if (t[m] <= x)
					lo = m;
				else
					hi = m;
			}
			return Math.abs(t[lo] - x) <= Math.abs(t[hi] - x) ? lo : hi;
		}
		function tell(g, x) {
			var row = nearest(g.panel.t, x);
			g.head.set(clock(x), g.panel.lines.map(function (l) { return l.v[row]; }));
			g.setSelection(row);
		}

		list.forEach(function (p, k) {
			withGaps(p);
			var rows = p.t.map(function (t, i) {
				return [t].concat(p.lines.map(function (l) { return l.v[i]; }));
			});
			/* A step lasts until its window ends. */
			if (p.step && rows.length)
				rows.push([end].concat(rows[rows.length - 1].slice(1)));
			var last = k === list.length - 1;
			var head = heading(parent, p.title, p.lines, p.unit);
			var box = element('div', 'plot low' + (last ? ' last' : ''), null, parent);
			box.dataset.plot = 'timeline';
			function settings() {
				return options({
					labels: ['t'].concat(p.lines.map(function (l, i) { return i + ''; })),
					colors: p.lines.map(function (l) { return color(l.color); }),
					stepPlot: !!p.step, fillGraph: !!p.step, fillAlpha: 0.16,
					connectSeparatedPoints: !!p.between, includeZero: !!p.zero,
					axes: {
						x: { drawAxis: last, drawGrid: true, pixelsPerLabel: 80,
							axisLabelFormatter: function (v) { return clock(v); } },
						y: { axisLabelWidth: 54, pixelsPerLabel: 28,
							axisLabelFormatter: function (v) {
								return tick(v, p.unit);
							}, labelsKMG2: p.unit === 'B' }
					},
					highlightCallback: function (ev, x) {
						head.set(clock(x), null);
						tell(g, x);
						all(function (other) { tell(other, x); }, g);
					},
					unhighlightCallback: function () {
						head.set('', null);
						all(function (other) {
							other.head.set('', null);
							other.clearSelection();
						}, g);
					},
					zoomCallback: function (from, to) {
						var range = from <= whole[0] && to >= whole[1] ? whole : [from, to];
						all(function (other) {
							other.updateOptions({ dateWindow: range });
						}, null);
					}
				});
			}
			var first = settings();
			first.dateWindow = whole;
			var g = new Dygraph(box, rows, first);
			g.panel = p;
			g.head = head;
			graphs.push(g);
			/* Drags select along the time only; double-click goes back to the whole run. */
			g.updateOptions({ valueRange: null }, true);
			box.addEventListener('dblclick', function () {
				graphs.forEach(function (other) {
					other.updateOptions({ dateWindow: whole, valueRange: null });
				});
			});
			drawn.push(function () {
				g.updateOptions(settings());
			});
		});
		parent.graphs = graphs;
	}

	/* ---- pairs of texts: what was left out, put in, or changed ---- */

	function tokens(text) {
		if (/[\u3400-\u9fff\uf900-\ufaff]/.test(text))
			return { list: Array.from(text.replace(/\s+/g, '')), glue: '' };
		return { list: text.split(/\s+/).filter(Boolean), glue: ' ' };
	}

	function align(a, b) {
		var n = a.length, m = b.length;
		var d = [];
		for (var i = 0; i <= n; i++) {
			d.push(new Uint16Array(m + 1));
			d[i][0] = i;
		}
		for (var j = 0; j <= m; j++)
			d[0][j] = j;
		for (i = 1; i <= n; i++)
			for (j = 1; j <= m; j++)
				d[i][j] = Math.min(d[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
					d[i - 1][j] + 1, d[i][j - 1] + 1);
		var ops = [];
		i = n;
		j = m;
		while (i > 0 || j > 0) {
			if (i > 0 && j > 0 && d[i][j] === d[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)) {
				ops.push(a[i - 1] === b[j - 1] ? ['', b[j - 1]] : ['mark', b[j - 1], a[i - 1]]);
				i--;
				j--;
			} else if (i > 0 && d[i][j] === d[i - 1][j] + 1) {
				ops.push(['del', a[i - 1]]);
				i--;
			} else {
				ops.push(['ins', b[j - 1]]);
				j--;
			}
		}
		return ops.reverse();
	}

	function colorPair(row) {
		var truth = row.querySelector('.truth');
		if (!truth)
			return;
		row.querySelectorAll('.heard').forEach(function (p) {
			var a = tokens(truth.textContent), b = tokens(p.textContent);
			if (a.list.length > 1500 || b.list.length > 1500)
				return;	/* too long to colour; the text stands as it is */
			if (a.glue !== b.glue)
				b = { list: a.glue ? p.textContent.split(/\s+/).filter(Boolean) :
					Array.from(p.textContent.replace(/\s+/g, '')), glue: a.glue };
			p.textContent = '';
			align(a.list, b.list).forEach(function (op) {
				if (op[0]) {
					var e = element(op[0], '', op[1], p);
					if (op[2])
						e.title = op[2];
				} else {
					p.appendChild(document.createTextNode(op[1]));
				}
				p.appendChild(document.createTextNode(a.glue));
			});
		});
	}

	document.addEventListener('assay-redraw', function () {
		drawn.forEach(function (f) { f(); });
	});
	document.querySelectorAll('tr.pair').forEach(colorPair);

	/* One run after the other, so that a page of many stays responsive while it draws. */
	var places = Array.from(document.querySelectorAll('.plots'));
	(function next() {
		var place = places.shift();
		if (!place) {
			root.setAttribute('data-drawn', 'yes');
			return;
		}
		var run = data.runs[Number(place.dataset.run)];
		distributions(place, run.distributions);
		timelines(place, run);
		setTimeout(next, 0);
	})();
})();
