/* share/report/report.js - the plots, the switches and the coloured pairs of report.html.
 * All texts reach the page as text, never as HTML. */
(function () {
	'use strict';
	var root = document.documentElement;
	var data = JSON.parse(document.getElementById('data').textContent);
	var drawn = [];		/* functions that draw everything again in other colours */
	var sizes = [];		/* and those that draw it in another width */

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
		if (unit === 'count' && v === Math.floor(v) && Math.abs(v) < 1e15)
			return String(v);
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
		var head = heading(parent, [d.name + ', n = ' + d.n + '; requests per bar, logarithmic axis',
			d.name + ',n = ' + d.n + ';每柱请求数,对数坐标'], [], '');
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
					y: { axisLabelWidth: 62, pixelsPerLabel: 36,
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
			resize: function () {
				g.resize();
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
		sizes.push(function () {
			now.resize();
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
			list.push({ title: ['latency of the requests that ended', '延迟(按结束时刻)'],
				unit: 's', zero: true, t: middle, dots: true, lines: lines });
		}
		return list.concat(readings(run.series));
	}

	/* The readings that every run shows, in this order; `of`: whose they are. */
	var keys = [
		{ names: ['server_waiting', 'server_running'], title: ['queue of the server', '服务端队列'], zero: true },
		{ names: ['utilization'], title: ['device busy', '设备利用率'], zero: true },
		{ names: ['memory_used'], of: 'device', title: ['device memory (HBM)', '设备显存 (HBM)'] },
		{ names: ['server_cache'], title: ['KV cache', 'KV 缓存'], zero: true },
		{ names: ['power'], title: ['power', '功率'], zero: true },
		{ names: ['temperature'], title: ['temperature', '温度'] },
		{ names: ['cpu'], title: ['CPU of host and services', '主机与服务 CPU'], zero: true },
		{ names: ['rss'], title: ['memory of services', '服务内存'] },
		{ names: ['memory_used'], of: 'host', title: ['memory of the host', '主机内存'] }
	];

	function keyOf(s) {
		return keys.filter(function (k) {
			return k.names.indexOf(s.name) >= 0 &&
				(!k.of || (k.of === 'host') === (s.source === 'host'));
		})[0];
	}

	/* Readings of one name and unit go together, those of all devices side by side. */
	function readings(series) {
		var groups = [];
		series.forEach(function (s) {
			var k = keyOf(s);
			var id = (k ? k.title[0] : s.name) + '\n' + s.unit;
			var g = groups.filter(function (x) { return x.id === id; })[0];
			if (!g) {
				var name = s.name.replace(/_/g, ' ');
				g = { id: id, rank: k ? keys.indexOf(k) : keys.length, unit: s.unit,
					title: k ? k.title : [name, name], zero: k && k.zero,
					many: k && k.names.length > 1, series: [] };
				groups.push(g);
			}
			g.series.push(s);
		});
		return groups.map(joined).sort(function (a, b) { return a.rank - b.rank; });
	}

	/* The only value of all its lines; undefined: it changes. */
	function constant(p) {
		var first;
		var same = p.lines.every(function (l) {
			return l.v.every(function (v) {
				if (v === undefined || v === null || isNaN(v))
					return true;
				first = first === undefined ? v : first;
				return v === first;
			});
		});
		return same ? first : undefined;
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
				label: s.device + (g.many ? ' ' + s.name : ''),
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

	/* Ticks that are round in the unit that they are told in, at least two of them. */
	function niceTicks(unit) {
		return function (a, b, pixels) {
			var most = Math.max(3, Math.floor(pixels / 24));
			var m = Math.max(Math.abs(a), Math.abs(b));
			var base = 1, word = unit && unit !== 'count' && unit !== 'ratio' ? ' ' + unit : '';
			if (unit === 'B' || unit === 'B/s') {
				var units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
				for (var i = 0; m >= 1024 && i < 4; i++, m /= 1024)
					base *= 1024;
				word = ' ' + units[i] + unit.slice(1);
			} else if (unit === 's') {
				base = m < 1e-3 ? 1e-6 : m < 1 ? 1e-3 : 1;
				word = m < 1e-3 ? ' µs' : m < 1 ? ' ms' : ' s';
			} else if (unit === 'Hz' && m >= 1e6) {
				base = 1e6;
				word = ' MHz';
			}
			var range = (b - a) / base || 1;
			var power = Math.pow(10, Math.floor(Math.log10(range / most)));
			var step = [1, 2, 5, 10].map(function (k) { return k * power; })
				.filter(function (k) { return range / k <= most; })[0] || 10 * power;
			var digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
			var ticks = [];
			for (var v = Math.ceil(a / base / step - 1e-9) * step; v * base <= b; v += step)
				ticks.push({ v: v * base, label: v.toFixed(digits) + word });
			return ticks;
		};
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

	/* All panels of one run: one clock, one zoom, one pointer. */
	function Clock(end) {
		this.whole = [0, end || 1];
		this.now = this.whole;
		this.graphs = [];
		this.busy = false;
	}

	Clock.prototype.all = function (f, but) {
		if (this.busy)
			return;
		this.busy = true;
		this.graphs.forEach(function (g) {
			if (g !== but)
				f(g);
		});
		this.busy = false;
	};

	Clock.prototype.zoom = function (range) {
		this.now = range;
		this.all(function (g) { g.updateOptions({ dateWindow: range, valueRange: null }); }, null);
	};

	function tell(g, x) {
		var row = nearest(g.panel.t, x);
		g.head.set(clock(x), g.panel.lines.map(function (l) { return l.v[row]; }));
		g.setSelection(row);
	}

	function untell(g) {
		g.head.set('', null);
		g.clearSelection();
	}

	function panelOptions(p, last, time, self) {
		return options({
			labels: ['t'].concat(p.lines.map(function (l, i) { return i + ''; })),
			colors: p.lines.map(function (l) { return color(l.color); }),
			stepPlot: !!p.step, fillGraph: !!p.step, fillAlpha: 0.16,
			connectSeparatedPoints: !!p.between || !!p.dots, includeZero: !!p.zero,
			drawPoints: !!p.dots && p.t.length < 150, pointSize: 1.8,
			axes: {
				x: { drawAxis: last, drawGrid: true, pixelsPerLabel: 80,
					axisLabelFormatter: function (v) { return clock(v); } },
				y: { axisLabelWidth: 62, ticker: niceTicks(p.unit) }
			},
			highlightCallback: function (ev, x) {
				tell(self(), x);
				time.all(function (other) { tell(other, x); }, self());
			},
			unhighlightCallback: function () {
				self().head.set('', null);
				time.all(untell, self());
			},
			zoomCallback: function (from, to) {
				time.zoom(from <= time.whole[0] && to >= time.whole[1] ? time.whole : [from, to]);
			}
		});
	}

	function panel(parent, p, time, last) {
		withGaps(p);
		var rows = p.t.map(function (t, i) {
			return [t].concat(p.lines.map(function (l) { return l.v[i]; }));
		});
		/* A step lasts until its window ends. */
		if (p.step && rows.length)
			rows.push([time.whole[1]].concat(rows[rows.length - 1].slice(1)));
		var head = heading(parent, p.title, p.lines, p.unit);
		var box = element('div', 'plot low' + (last ? ' last' : ''), null, parent);
		box.dataset.plot = 'timeline';
		var g = null;
		function settings() {
			return panelOptions(p, last, time, function () { return g; });
		}
		var first = settings();
		first.dateWindow = time.now;
		g = new Dygraph(box, rows, first);
		g.panel = p;
		g.head = head;
		time.graphs.push(g);
		box.addEventListener('dblclick', function () { time.zoom(time.whole); });
		drawn.push(function () { g.updateOptions(settings()); });
		sizes.push(function () { g.resize(); });
	}

	function panelsOf(parent, list, time) {
		list.forEach(function (p, i) { panel(parent, p, time, i === list.length - 1); });
	}

	/* What did not change in one line of text, and what is looked at rarely on request. */
	function rest(parent, list, time) {
		var still = list.filter(function (p) { return constant(p) !== undefined; });
		var moving = list.filter(function (p) { return constant(p) === undefined; });
		if (still.length) {
			var words = still.map(function (p) {
				return p.title[0] + ' ' + show(constant(p), p.unit);
			}).join(' · ');
			both(element('p', 'hint', null, parent), 'Did not change: ' + words,
				'未变化: ' + words);
		}
		if (!moving.length)
			return;
		var more = element('button', 'more', null, parent);
		more.type = 'button';
		both(more, moving.length + ' more readings', '另有 ' + moving.length + ' 项监控数据');
		more.onclick = function () {
			more.remove();
			panelsOf(parent, moving, time);
		};
	}

	function timelines(parent, run) {
		var list = panels(run);
		var end = 0;
		if (!list.length)
			return;
		if (run.timeline && run.timeline.to.length)
			end = run.timeline.to[run.timeline.to.length - 1];
		var time = new Clock(end);
		var merged = run.timeline && run.timeline.merged > 1 ? run.timeline.merged : 0;
		both(element('p', 'hint', null, parent),
			'Drag to zoom all panels, double-click for the whole run.' + (merged ?
			' Each point joins ' + merged + ' windows: mean, for p99 the worst.' : ''),
			'拖动可同时缩放所有图,双击恢复。' + (merged ? '每点合并 ' + merged +
			' 个时间窗: 取均值,p99 取最差。' : ''));
		var shown = list.filter(function (p) { return p.rank === undefined || p.rank < keys.length; });
		panelsOf(parent, shown, time);
		rest(parent, list.filter(function (p) { return shown.indexOf(p) < 0; }), time);
		if (run.readings_name) {
			var p = element('p', 'hint', null, parent);
			both(p, 'Readings of devices and host at the same time: ', '同一时间的设备与主机数据: ');
			element('a', '', run.readings_name, p).href = '#run-' + run.readings_of;
		}
		parent.graphs = time.graphs;
	}

	/* ---- pairs of texts: what was left out, put in, or changed ---- */

	/* Each Han character by itself, other letters by the word; the key is what is compared: as a
	 * normaliser does, without case and punctuation. */
	function tokens(text) {
		var found = text.match(/[\u3400-\u9fff\uf900-\ufaff]|[^\s\u3400-\u9fff\uf900-\ufaff]+|\s+/g);
		var list = [];
		(found || []).forEach(function (t) {
			var key = t.toLowerCase().replace(/[\p{P}\p{S}\s]/gu, '');
			if (key || !list.length)
				list.push({ text: t, key: key, after: '' });
			else
				list[list.length - 1].after += t;
		});
		return list;
	}

	function align(a, b) {
		var n = a.length, m = b.length;
		var d = [];
		function differ(i, j) {
			return a[i - 1].key === b[j - 1].key ? 0 : 1;
		}
		for (var i = 0; i <= n; i++) {
			d.push(new Uint16Array(m + 1));
			d[i][0] = i;
		}
		for (var j = 0; j <= m; j++)
			d[0][j] = j;
		for (i = 1; i <= n; i++)
			for (j = 1; j <= m; j++)
				d[i][j] = Math.min(d[i - 1][j - 1] + differ(i, j), d[i - 1][j] + 1,
					d[i][j - 1] + 1);
		var ops = [];
		i = n;
		j = m;
		while (i > 0 || j > 0) {
			if (i > 0 && j > 0 && d[i][j] === d[i - 1][j - 1] + differ(i, j)) {
				ops.push([differ(i, j) ? 'mark' : '', b[j - 1], a[i - 1]]);
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
			if (a.length > 1500 || b.length > 1500)
				return;	/* too long to colour; the text stands as it is */
			p.textContent = '';
			align(a, b).forEach(function (op) {
				if (op[0]) {
					var e = element(op[0], '', op[1].text, p);
					if (op[0] === 'mark')
						e.title = op[2].text;
				} else {
					p.appendChild(document.createTextNode(op[1].text));
				}
				p.appendChild(document.createTextNode(op[1].after));
			});
		});
	}

	/* Coloured when they are looked at: long texts take their time. */
	document.querySelectorAll('details.pairs').forEach(function (d) {
		d.addEventListener('toggle', function once() {
			d.removeEventListener('toggle', once);
			d.querySelectorAll('tr.pair').forEach(colorPair);
		});
	});

	document.addEventListener('assay-redraw', function () {
		drawn.forEach(function (f) { f(); });
	});

	/* Paper is white and narrow, whatever the window is. */
	var theme = null;

	function everything() {
		sizes.concat(drawn).forEach(function (f) { f(); });
	}

	addEventListener('beforeprint', function () {
		theme = root.getAttribute('data-theme');
		root.setAttribute('data-theme', 'light');
		root.classList.add('printing');
		everything();
	});
	addEventListener('afterprint', function () {
		if (theme === null)
			root.removeAttribute('data-theme');
		else
			root.setAttribute('data-theme', theme);
		root.classList.remove('printing');
		everything();
	});

	function draw(place) {
		var run = data.runs[Number(place.dataset.run)];
		distributions(place, run.distributions);
		timelines(place, run);
	}

	/* What is folded has no width to draw in: it is drawn when it is opened. */
	function folded(place) {
		return place.closest('details:not([open])');
	}

	document.querySelectorAll('details.steps').forEach(function (d) {
		d.addEventListener('toggle', function once() {
			d.removeEventListener('toggle', once);
			d.querySelectorAll('.plots').forEach(draw);
		});
	});

	/* One run after the other, so that a page of many stays responsive while it draws. */
	var places = Array.from(document.querySelectorAll('.plots')).filter(function (p) {
		return !folded(p);
	});
	(function next() {
		var place = places.shift();
		if (!place) {
			root.setAttribute('data-drawn', 'yes');
			return;
		}
		draw(place);
		setTimeout(next, 0);
	})();
})();
