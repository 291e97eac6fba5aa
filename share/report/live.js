/* share/report/live.js - the live page: asks for what is new, once a second, and draws it.
 * Lines are thinned as those of the server are, so that a page may stay open for days. */
(function () {
	'use strict';
	var POINTS = 1200;	/* of one line */
	var root = document.documentElement;
	var since = 0;
	var lines = {};		/* by source, device and name */
	var panels = {};	/* by name and unit: one plot each */
	var state = null;
	var view = null;	/* what was zoomed to, of all panels; null: the whole run */
	var heads = [['phase', '阶段'], ['since', '开始'], ['took', '用时'], ['done', '进度'], ['ok', '成功'],
		['failed', '失败'], ['in flight', '进行中'], ['rate', '速率'], ['p50', 'p50'], ['p99', 'p99']];

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

	function three(v) {
		var m = Math.abs(v);
		return v === 0 ? '0' : m >= 99.95 ? v.toFixed(0) : String(Number(v.toPrecision(3)));
	}

	function show(v, unit) {
		if (v === null || v === undefined)
			return '–';
		if (unit === 's')
			return v === 0 ? '0 s' : Math.abs(v) < 0.9995e-3 ? three(v * 1e6) + ' µs' :
				Math.abs(v) < 0.9995 ? three(v * 1e3) + ' ms' : three(v) + ' s';
		if (unit === 'B') {
			var units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'], i = 0;
			for (; Math.abs(v) >= 1024 && i < 4; i++)
				v /= 1024;
			return three(v) + ' ' + units[i];
		}
		if (unit === '1/s')
			unit = '/s';
		return three(v) + (unit && unit !== 'count' && unit !== 'ratio' ? ' ' + unit : '');
	}

	function clock(s) {
		var t = Math.floor(s), two = function (x) { return (x < 10 ? '0' : '') + x; };
		return Math.floor(t / 3600) + ':' + two(Math.floor(t / 60) % 60) + ':' + two(t % 60);
	}

	/* ---- lines ---- */

	function thin(line) {
		var t = [], v = [];
		for (var i = 0; i + 1 < line.t.length; i += 2) {
			t.push(line.t[i + 1]);
			v.push(line.worst ? Math.max(line.v[i], line.v[i + 1]) : (line.v[i] + line.v[i + 1]) / 2);
		}
		line.t = t;
		line.v = v;
	}

	function take(news) {
		news.lines.forEach(function (n) {
			var key = [n.source, n.device, n.name].join('\n');
			var line = lines[key];
			if (!line) {
				line = lines[key] = { name: n.name, source: n.source, unit: n.unit, worst: n.worst, t: [], v: [],
					label: n.device || n.source };
			}
			for (var i = 0; i < n.t.length; i++) {
				line.t.push(n.t[i]);
				line.v.push(n.v[i]);
			}
			while (line.t.length > POINTS)
				thin(line);
		});
		since = news.seq;
		state = news;
	}

	/* One row per moment at which any line of the panel has a point. */
	function rows(list) {
		var at = {};
		list.forEach(function (l, c) {
			l.t.forEach(function (t, i) {
				at[t] = at[t] || list.map(function () { return null; });
				at[t][c] = l.v[i];
			});
		});
		return Object.keys(at).map(Number).sort(function (a, b) { return a - b; })
			.map(function (t) { return [t].concat(at[t]); });
	}

	function colors(n) {
		var style = getComputedStyle(root), all = [];
		for (var i = 0; i < n; i++)
			all.push(style.getPropertyValue('--c' + (i % 8 + 1)).trim());
		return all;
	}

	function tell(panel, x) {
		var at = panel.data.length - 1;
		while (x !== undefined && at > 0 && panel.data[at][0] > x)
			at--;
		panel.head.textContent = '';
		element('b', '', panel.title ? panel.title[chinese() ? 1 : 0] : panel.name, panel.head);
		if (x !== undefined)
			element('span', '', clock(x), panel.head);
		var all = colors(panel.lines.length);
		panel.lines.forEach(function (l, i) {
			var word = element('span', '', '', panel.head);
			element('i', '', '', word).style.borderColor = all[i];
			word.appendChild(document.createTextNode(l.label));
			var back = at;
			while (back > 0 && panel.data[back][i + 1] === null)
				back--;
			element('em', '', show(back >= 0 ? panel.data[back][i + 1] : null, panel.unit), word);
		});
	}

	/* All panels have one clock, from the first reading of any until now. */
	function span() {
		var from = Infinity, to = state.now;
		Object.keys(lines).forEach(function (key) {
			var t = lines[key].t;
			if (t.length) {
				from = Math.min(from, t[0]);
				to = Math.max(to, t[t.length - 1]);
			}
		});
		return [from, to];
	}

	function zoomed(from, to) {
		var all = span();
		view = from <= all[0] && to >= all[1] ? null : [from, to];
		plots();
	}

	function options(panel) {
		var ink = getComputedStyle(root);
		return {
			file: panel.data, dateWindow: view || span(), colors: colors(panel.lines.length),
			labels: ['t'].concat(panel.lines.map(function (l, i) { return String(i); })),
			axisLineColor: ink.getPropertyValue('--line').trim(),
			gridLineColor: ink.getPropertyValue('--line').trim()
		};
	}

	function draw(panel) {
		if (panel.place.closest('details:not([open])'))
			return;
		panel.data = rows(panel.lines);
		if (panel.data.length < 2)
			return;
		if (panel.graph) {
			panel.graph.updateOptions(options(panel));
			tell(panel);
			return;
		}
		panel.head = element('div', 'plothead', '', panel.place);
		var box = element('div', 'plot low', '', panel.place);
		var first = options(panel);
		delete first.file;
		first.legend = 'never';
		first.connectSeparatedPoints = true;
		first.includeZero = true;
		first.labelsUTC = true;
		first.zoomCallback = zoomed;
		box.addEventListener('dblclick', function () { zoomed(-Infinity, Infinity); });
		first.axes = {
			x: { pixelsPerLabel: 90, valueFormatter: clock, axisLabelFormatter: function (v) { return clock(v); } },
			y: { axisLabelWidth: 62, axisLabelFormatter: function (v) {
				return show(v, panel.unit);
			} }
		};
		first.highlightCallback = function (ev, x) { tell(panel, x); };
		first.unhighlightCallback = function () { tell(panel); };
		panel.graph = new Dygraph(box, panel.data, first);
		tell(panel);
	}

	/* What is looked at first; other readings are folded, and drawn when they are opened. */
	var first = ['request_rate', 'in_flight', 'latency', 'failed', 'server_waiting', 'server_running',
		'server_cache', 'utilization', 'memory_used', 'power', 'temperature', 'cpu', 'rss'];

	function placeOf(name) {
		var all = document.getElementById('plots');
		if (first.indexOf(name) >= 0)
			return all.insertBefore(element('div'), all.querySelector('details'));
		var more = all.querySelector('details');
		if (!more) {
			more = element('details', '', null, all);
			var words = element('summary', '', null, more);
			element('span', '', 'More readings', words).lang = 'en';
			element('span', '', '更多监控数据', words).lang = 'zh';
			more.addEventListener('toggle', plots);
		}
		return element('div', '', null, more);
	}

	/* The memory of the host would hide that of the devices. */
	function titleOf(l) {
		if (l.name !== 'memory_used')
			return null;
		return l.source === 'host' ? ['memory of the host', '主机内存'] :
			['device memory (HBM)', '设备显存 (HBM)'];
	}

	function plots() {
		Object.keys(lines).forEach(function (key) {
			var l = lines[key], title = titleOf(l), id = (title ? title[0] : l.name) + '\n' + l.unit;
			if (l.name === 'memory_total')
				return;
			var panel = panels[id];
			if (!panel)
				panel = panels[id] = { name: l.name, title: title, unit: l.unit, lines: [], data: [],
					place: placeOf(l.name) };
			if (panel.lines.indexOf(l) < 0)
				panel.lines.push(l);
		});
		Object.keys(panels).forEach(function (id) { draw(panels[id]); });
	}

	/* ---- words ---- */

	function sentence() {
		var p = state.phases[state.phases.length - 1];
		if (state.verdict)
			return chinese() ? state.sentence_zh : state.sentence;
		if (!p && Object.keys(lines).some(function (k) { return lines[k].t.length > 0; }))
			return chinese() ? '正在监控' : 'Watching';
		if (!p)
			return chinese() ? '正在准备' : 'Getting ready';
		var done = p.done === undefined ? '' : ', ' + Math.floor(p.done * 100) + ' %';
		return (chinese() ? '正在运行:' : 'Running: ') + p.name + done;
	}

	function words() {
		if (!state)
			return;
		var now = document.getElementById('now');
		now.className = 'verdict ' + (state.verdict || '');
		now.querySelector('h1').textContent = sentence();
		now.querySelector('.sub').textContent = [state.title, state.start, clock(state.now),
			state.command].filter(Boolean).join(' · ');
		document.title = (state.verdict || clock(state.now)) + ' · assay';
		document.getElementById('note').textContent = state.note || '';
		var head = document.querySelector('#phases thead tr');
		var body = document.querySelector('#phases tbody');
		head.textContent = body.textContent = '';
		if (!state.phases.length)
			return;
		heads.forEach(function (h, i) { element('th', i ? 'num' : '', h[chinese() ? 1 : 0], head); });
		state.phases.slice().reverse().forEach(function (p) {
			var row = element('tr', '', '', body);
			element('th', 'name', p.name, row);
			[clock(p.from), clock(p.to - p.from),
				p.done === undefined ? '–' : Math.floor(p.done * 100) + ' %', p.ok, p.failed,
				show(p.in_flight, 'count'), show(p.rate, '/s'), show(p.p50, 's'), show(p.p99, 's')
			].forEach(function (text) { element('td', 'num', text, row); });
		});
	}

	/* ---- asking ---- */

	function ask() {
		/* After a laptop slept, a connection may be dead without anybody having said so. */
		fetch('/state?since=' + since, { cache: 'no-store',
			signal: AbortSignal.timeout(10000) }).then(function (reply) {
			if (!reply.ok)
				throw new Error(reply.status);
			return reply.json();
		}).then(function (news) {
			/* A server that began anew counts from 0. */
			if (news.seq < since)
				return location.reload();
			take(news);
			document.getElementById('lost').hidden = true;
			words();
			plots();
			root.setAttribute('data-seq', since);
			if (news.verdict)
				return location.replace('/report');
			setTimeout(ask, 1000);
		}).catch(function () {
			document.getElementById('lost').hidden = false;
			setTimeout(ask, 2000);
		});
	}

	document.addEventListener('assay-redraw', function () {
		words();
		plots();
	});
	ask();
})();
