// tests/browser/compare.mjs - the page of assay compare, of two results and of a history, in
// headless Chromium.
// Usage: node compare.mjs ASSAY MAKE-COMPARE; pictures go to $SCREENSHOTS when that is set. TAP.
// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import { dir, finish, must, openBrowser, picture, test } from './harness.mjs';

const [assay, makeCompare] = process.argv.slice(2).map((x) => resolve(x));

// The page NAME.html of these results, and what assay says of them as JSON.
function compare(name, lang, ...results) {
	const done = spawnSync(assay, ['compare', ...results.map(String), '--lang', lang,
		'--html', `${name}.html`, '--format', 'json'],
	{ cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28 });
	must([0, 1, 5].includes(done.status), `assay compare: ${done.status}: ${done.stderr}`);
	return { ...JSON.parse(done.stdout), status: done.status };
}

const page = (name) => `file://${join(dir, name)}.html`;

// What the numbers say, worked out here from the interval and the gate alone.
function word(item) {
	if (/not trustworthy/.test(item.why || ''))
		return 'undecided';
	const higher = ['request_rate', 'token_rate', 'audio_rate', 'goodput_share']
		.includes(item.metric);
	const [low, high] = [item.interval95[0] ?? -Infinity, item.interval95[1] ?? Infinity];
	const [from, to] = higher ? [-high, -low] : [low, high];	// upwards is worse
	if (from > item.gate)
		return 'worse';
	if (to > item.gate)
		return 'undecided';
	return to < 0 && from < -item.gate ? 'better' : 'same';
}

// The sections below the verdict: heading, and the cells of each row (group rows have one).
const sections = () => Array.from(document.querySelectorAll('main > section[id]'), (s) => ({
	id: s.id, title: s.querySelector('h2').innerText,
	rows: Array.from(s.querySelector('tbody').rows, (r) =>
		Array.from(r.cells, (c) => c.innerText.trim())),
}));

// Each plot: its points, and whether a point is what one would hit with the pointer there.
const plots = () => Array.from(document.querySelectorAll('#history svg'), (svg) => {
	svg.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
	const dots = Array.from(svg.querySelectorAll('circle'));
	const line = svg.querySelector('polyline');
	return { dots: dots.length, points: line.getAttribute('points').split(' ').length,
		length: line.getTotalLength(), stroke: getComputedStyle(line).stroke,
		bars: svg.querySelectorAll('path').length,
		level: dots.map((d) => d.cy.baseVal.value / svg.viewBox.baseVal.height),
		told: dots.map((d) => d.textContent),
		hit: dots.every((d) => {
			const r = d.getBoundingClientRect();
			return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === d;
		}) };
});

// The pixels of a PNG as Chromium writes it: 8 bits, RGB or RGBA, not interlaced.
function pixels(png) {
	const width = png.readUInt32BE(16), height = png.readUInt32BE(20);
	const bytes = png[25] === 6 ? 4 : 3, stride = width * bytes, parts = [];
	for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
		if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
			parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
	const raw = inflateSync(Buffer.concat(parts)), out = Buffer.alloc(stride * height);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < stride; x++) {
			const i = y * stride + x;
			const a = x >= bytes ? out[i - bytes] : 0, b = y ? out[i - stride] : 0;
			const c = x >= bytes && y ? out[i - stride - bytes] : 0;
			const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
			const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
			const filter = raw[y * (stride + 1)];
			out[i] = raw[y * (stride + 1) + 1 + x] + [0, a, b, (a + b) >> 1, paeth][filter];
		}
	return { width, height, at: (i) => out.subarray(i * bytes, i * bytes + 3) };
}

// How many pixels of the first plot are nearer to this colour ("rgb(1, 2, 3)") than to the page's.
async function painted(b, color) {
	const box = await b.run(() => {
		const svg = document.querySelector('#history svg');
		svg.scrollIntoView({ block: 'center', behavior: 'instant' });
		const r = svg.getBoundingClientRect();
		return { x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height };
	});
	const page = await b.run(() => getComputedStyle(document.body).backgroundColor);
	const { data } = await b.cdp('Page.captureScreenshot',
		{ clip: { ...box, scale: 1 }, captureBeyondViewport: true });
	const p = pixels(Buffer.from(data, 'base64'));
	const away = (i, from) => from.match(/\d+/g).slice(0, 3)
		.reduce((sum, v, k) => sum + (p.at(i)[k] - v) ** 2, 0);
	let n = 0;
	for (let i = 0; i < p.width * p.height; i++)
		n += away(i, color) < away(i, page);
	return n;
}

async function pageOfTwo(b, two) {
	await test('the verdict first, then what differs between the environments', async () => {
		await b.go(page('two'));
		const first = await b.run(() => ({ h1: document.querySelector('main h1').innerText,
			verdict: document.querySelector('.verdict').className,
			sub: document.querySelector('.sub').innerText,
			history: document.querySelectorAll('#history').length }));
		must(first.h1 === two.sentence && /^Worse: /.test(first.h1), first.h1);
		must(first.verdict === 'verdict fail' && first.sub === '1 → 4', JSON.stringify(first));
		must(first.history === 0 && two.status === 1, 'a history of two, or a wrong status');
		const [environment, ...rest] = await b.run(sections);
		must(environment.id === 'environment' && environment.title === 'The environments differ',
			JSON.stringify(environment));
		must(rest.map((s) => s.id).join() === 'metrics,cases', rest.map((s) => s.id).join());
		const want = two.environment.map((x) => [x.key, x.base ?? '–', x.new ?? '–']);
		must(JSON.stringify(environment.rows) === JSON.stringify(want),
			JSON.stringify(environment.rows));
		must(want.some((x) => x.join() === 'driver,24.1.rc3,25.0.rc1'), JSON.stringify(want));
		await picture(b, 'compare-light.png');
	});

	await test('each number has the word that its interval and its gate give', async () => {
		const rows = (await b.run(sections)).find((s) => s.id === 'metrics').rows
			.filter((r) => r.length > 1);
		must(rows.length === two.metrics.length, `${rows.length} of ${two.metrics.length} rows`);
		const seen = {};
		two.metrics.forEach((item, i) => {
			const [told, metric] = rows[i];
			must(told === word(item) && told === item.change,
				`${item.run} ${item.metric}: ${told}, but ${word(item)}: ${item.interval95}`);
			must(metric.replace(/ \*$/, '') === item.metric || item.run.startsWith('accuracy'),
				`${metric} is not ${item.metric}`);
			must(/ \*$/.test(metric) === item.judged, `${metric}: judged ${item.judged}`);
			seen[told] = [...seen[told] || [], `${item.run} ${item.metric}`];
		});
		for (const [w, what] of [['same', 'asr steady latency.p50'],
			['better', 'chat stream ttft.p50'], ['worse', 'chat stream tpot.p50'],
			['undecided', 'chat, few requests latency.p99']])
			must((seen[w] || []).includes(what), `${what} is not ${w}: ${JSON.stringify(seen)}`);
	});

	await test('cases: better, worse and missing; what a service said stays text', async () => {
		const rows = (await b.run(sections)).find((s) => s.id === 'cases').rows;
		const of = (id) => rows.find((r) => r[1].includes(id)) || [];
		must(of('A21')[0] === 'better' && of('A17')[0] === 'worse', JSON.stringify(rows));
		must(of('F9')[0] === 'undecided' && of('F9')[2] === 'missing in the new result',
			JSON.stringify(of('F9')));
		must(of('A17')[5].includes('</script>'), of('A17')[5]);
		const made = await b.run(() => [document.title, document.images.length].join());
		must(made === 'assay compare,0', made);
	});

	await test('a result and itself: the same environment, nothing worse', async () => {
		const itself = compare('itself', 'en', 1, 1);
		await b.go(page('itself'));
		const text = await b.run(() => document.querySelector('main').innerText);
		must(text.includes('Both were measured in the same environment.'), text.slice(0, 300));
		must(itself.metrics.every((x) => x.change !== 'worse' && x.change !== 'better'),
			'it differs from itself');
	});
}

async function pageOfHistory(b, week) {
	await test('a history: a column of each result, a plot of each number', async () => {
		await b.go(page('week'));
		const all = await b.run(sections), history = all.find((s) => s.id === 'history');
		must(all[0].id === 'environment' && all.at(-1) === history, all.map((s) => s.id).join());
		const heads = await b.run(() => Array.from(document.querySelectorAll('#history th.num'),
			(x) => x.innerText.replace(/\s+/, ' ')));
		must(heads.length === 4 && /^2025-10-09.* 1$/.test(heads[0]) &&
			/^2025-10-12.* 4$/.test(heads[3]), heads.join());
		const rows = history.rows.filter((r) => r.length > 1);
		must(rows.length === week.history.length, `${rows.length} rows`);
		const drawn = await b.run(plots);
		must(drawn.length === rows.length, `${drawn.length} plots`);
		week.history.forEach((x, i) => {
			const known = x.values.filter((v) => v.value !== undefined);
			const d = drawn[i], what = `${x.run} ${x.metric}: ${JSON.stringify(d)}`;
			must(d.dots === known.length && d.points === known.length, what);
			must(d.hit && (known.length < 2 || d.length > 100), what);
			must(d.bars === known.filter((v) => v.lo !== undefined && v.hi !== undefined).length,
				what);
			must(rows[i].slice(2).filter((c) => c !== '–').length === known.length,
				rows[i].join('|'));
			must(d.level.every((y) => y > 0.05 && y < 0.95), what);
			must(d.bars > 0 || new Set(known.map((v) => v.value)).size > 1 ||
				d.level.every((y) => y === 0.5), `not in the middle: ${what}`);
			must(d.told.every((t) => rows[i].includes(t.replace(/^.*: /, ''))), what);
		});
		must(week.history.some((x) => x.values.filter((v) => v.value !== undefined).length === 3),
			'no number that is missing once');
		must(await painted(b, drawn[0].stroke) > 100, 'the first plot has no ink');
		await picture(b, 'compare-history.png');
	});

	await test('dark follows the system and the switch, and the plots with it', async () => {
		const colors = () => ({ page: getComputedStyle(document.body).backgroundColor,
			line: getComputedStyle(document.querySelector('#history polyline')).stroke,
			word: getComputedStyle(document.querySelector('.v.fail')).color });
		const light = await b.run(colors);
		await b.cdp('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme',
			value: 'dark' }] });
		const dark = await b.run(colors);
		for (const k of Object.keys(light))
			must(light[k] !== dark[k], `${k} stays ${light[k]}`);
		must(await painted(b, dark.line) > 100, 'the first plot has no ink in the dark');
		await picture(b, 'compare-dark.png');
		await b.run(() => document.getElementById('theme').click());
		must(JSON.stringify(await b.run(colors)) === JSON.stringify(light),
			'the switch does not win');
		await b.cdp('Emulation.setEmulatedMedia', { features: [] });
	});
}

async function languages(b) {
	await test('the page in Chinese: headings, words, reasons', async () => {
		await b.go(page('week-zh'));
		const h1 = await b.run(() => document.querySelector('main h1').innerText);
		must(/^变差: /.test(h1), h1);
		const all = await b.run(sections);
		must(all.map((s) => s.title).join() === '环境不同,数值,有变化或缺少,历史',
			all.map((s) => s.title).join());
		const rows = all.find((s) => s.id === 'metrics').rows.filter((r) => r.length > 1);
		const words = [...new Set(rows.map((r) => r[0]))].sort().join();
		must(words === ['变好', '变差', '未定', '相同'].sort().join(), words);
		const english = rows.flatMap((r) => r.slice(6)).filter((t) => /[a-z]{3} [a-z]{3}/.test(t));
		must(english.length === 0, english.join('\n'));
		await picture(b, 'compare-zh.png');
	});

	await test('the language can be switched', async () => {
		const seen = await b.run(() => {
			const h1 = document.querySelector('h1'), button = document.getElementById('lang');
			button.click();
			const en = h1.innerText, lang = document.documentElement.lang;
			button.click();
			return [lang, en, h1.innerText];
		});
		must(seen[0] === 'en' && /^Worse/.test(seen[1]) && /^变差/.test(seen[2]), seen.join());
	});
}

async function narrowAndPlain(b) {
	for (const name of ['two', 'two-zh', 'week', 'week-zh'])
		await test(`360 pixels are enough (${name})`, async () => {
			await b.size(360, 740);
			await b.go(page(name));
			const wide = await b.run(() => ({ page: document.documentElement.scrollWidth,
				body: document.body.scrollWidth,
				over: Array.from(document.querySelectorAll('body *')).filter((x) =>
					x.getBoundingClientRect().right > 361 && !x.closest('.wide, nav'))
					.slice(0, 5).map((x) => `${x.tagName}.${x.className}`) }));
			const plot = await b.run(() => document.querySelector('#history svg')
				?.getBoundingClientRect().right ?? 0);
			must(plot <= 360, `the plot ends at ${plot}`);
			must(wide.page <= 360 && wide.body <= 360 && wide.over.length === 0,
				JSON.stringify(wide));
			await picture(b, `compare-360-${name}.png`);
			await b.cdp('Emulation.clearDeviceMetricsOverride');
		});

	await test('without scripts the tables and plots are all there', async () => {
		await b.cdp('Emulation.setScriptExecutionDisabled', { value: true });
		await b.go(page('week'));
		const { root } = await b.cdp('DOM.getDocument', { depth: 0 });
		const shown = async (selector) => {
			const { nodeIds } = await b.cdp('DOM.querySelectorAll',
				{ nodeId: root.nodeId, selector });
			let n = 0;
			for (const nodeId of nodeIds)
				try {
					const { model } = await b.cdp('DOM.getBoxModel', { nodeId });
					n += model.height > 10;
				} catch {
					// it has no box: not shown
				}
			return n;
		};
		must(await shown('#environment tbody tr') === 3, 'the environments');
		must(await shown('#metrics .v') > 20, 'the words');
		must(await shown('#cases tbody tr') >= 3, 'the cases');
		must(await shown('#history svg') > 20, 'the plots');
		must(await shown('h1 [lang=zh]') === 0, 'both languages at once');
		must(await shown('.switches') === 0, 'switches that do nothing');
		await b.cdp('Emulation.setScriptExecutionDisabled', { value: false });
	});
}

async function tests(b) {
	const two = compare('two', 'en', 1, 4), week = compare('week', 'en', 1, 2, 3, 4);
	compare('two-zh', 'zh', 1, 4);
	compare('week-zh', 'zh', 1, 2, 3, 4);
	await pageOfTwo(b, two);
	await pageOfHistory(b, week);
	await languages(b);
	await narrowAndPlain(b);

	await test('no error on the console', async () => {
		const bad = (await b.log('browser')).filter((l) => l.level !== 'DEBUG' && l.level !== 'INFO');
		must(bad.length === 0, bad.map((l) => l.message).join('\n'));
	});

	await test('no request leaves the file', async () => {
		const urls = (await b.log('performance')).map((l) => JSON.parse(l.message).message)
			.filter((m) => m.method === 'Network.requestWillBeSent')
			.map((m) => m.params.request.url);
		must(urls.some((u) => u.startsWith('file:')), 'nothing was recorded');
		const out = urls.filter((u) => !/^(file|data|about|chrome):/.test(u));
		must(out.length === 0, out.join('\n'));
	});
}

execFileSync(makeCompare, [dir]);
const browser = await openBrowser();
try {
	await tests(browser);
} finally {
	await browser.close();
}
finish();
