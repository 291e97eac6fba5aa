// tests/browser/report.mjs - report.html of the made result, opened and used in headless Chromium.
// Usage: node report.mjs MAKE-REPORT; pictures go to $SCREENSHOTS when that is set. TAP.
// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dir, finish, must, openBrowser, picture, test } from './harness.mjs';
import { findProgram } from './driver.mjs';

const makeReport = process.argv[2];

// Until the page says that every plot is drawn.
function drawn(b) {
	return b.run(() => new Promise((resolve) => {
		const root = document.documentElement;
		const ready = () => root.hasAttribute('data-drawn');
		if (ready())
			return resolve(true);
		new MutationObserver((_, o) => {
			if (ready()) {
				o.disconnect();
				resolve(true);
			}
		}).observe(root, { attributes: true });
	}));
}

// Pixels of a plot's canvases that are not empty.
const ink = () => Array.from(document.querySelectorAll('[data-plot]'), (plot) => {
	let n = 0;
	for (const c of plot.querySelectorAll('canvas')) {
		if (!c.width || !c.height)
			continue;
		const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
		copy.canvas.width = c.width;
		copy.canvas.height = c.height;
		copy.drawImage(c, 0, 0);
		const d = copy.getImageData(0, 0, c.width, c.height).data;
		for (let i = 3; i < d.length; i += 4)
			n += d[i] > 0;
	}
	return { kind: plot.dataset.plot, ink: n };
});

// Each page of a PDF: how much of it is white, and how far right the first colour of the plots goes,
// both as shares; null where nothing can look at a PDF.
function printed(pdf) {
	const pdftoppm = findProgram(['pdftoppm']);
	if (!pdftoppm) {
		must(!process.env.CI, 'poppler-utils is not installed');
		return null;
	}
	const all = execFileSync(pdftoppm, ['-r', '50', '-aa', 'no', '-aaVector', 'no', pdf],
		{ maxBuffer: 1 << 28 });
	const pages = [];
	for (let at = 0; at < all.length;) {
		const [head, w, h] = /^P6\s(\d+) (\d+)\s255\s/.exec(all.toString('latin1', at, at + 40));
		const from = at + head.length;
		const page = { white: 0, right: 0 };
		for (let i = 0; i < w * h; i++) {
			const [r, g, b] = all.subarray(from + 3 * i, from + 3 * i + 3);
			page.white += (r > 250 && g > 250 && b > 250) / (w * h);
			if (r === 0x1f && g === 0x5f && b === 0xa8)
				page.right = Math.max(page.right, (i % w) / w);
		}
		pages.push(page);
		at = from + 3 * w * h;
	}
	return pages;
}

const ranges = () => document.querySelector('.plots').graphs.map((g) => g.xAxisRange());

async function drag(b, plot, from, to) {
	const box = await b.run((i) => {
		const p = document.querySelectorAll('[data-plot=timeline]')[i];
		p.scrollIntoView({ block: 'center', behavior: 'instant' });
		const r = p.getBoundingClientRect();
		return { x: r.x, y: r.y, w: r.width, h: r.height };
	}, plot);
	const at = (share) => ({ type: 'pointerMove', duration: 50, origin: 'viewport',
		x: Math.round(box.x + 62 + (box.w - 70) * share), y: Math.round(box.y + box.h / 2) });
	await b.mouse([at(from), { type: 'pointerDown', button: 0 }, at((from + to) / 2), at(to),
		{ type: 'pointerUp', button: 0 }]);
	return at(to);
}

async function tests(b) {
	await test('the page opens and draws every plot', async () => {
		await b.go(`file://${join(dir, 'en', 'report.html')}`);
		await drawn(b);
		const plots = await b.run(ink);
		must(plots.filter((p) => p.kind === 'distribution').length === 3, 'three distributions');
		const titles = await b.run(() => Array.from(document.querySelector('.plots')
			.querySelectorAll('.plothead b > [lang=en]'), (x) => x.textContent));
		for (const t of ['requests', 'in flight', 'latency of the requests that ended',
			'queue of the server', 'device busy', 'device memory (HBM)', 'power', 'temperature',
			'CPU of host and services', 'memory of services', 'memory of the host'])
			must(titles.filter((x) => x === t).length === 1, `${t}: ${titles.join(', ')}`);
		for (const p of plots)
			must(p.ink > 200, `a ${p.kind} is empty (${p.ink} pixels)`);
		await picture(b, 'report-light.png');
	});

	await test('a verdict comes first, then the grid', async () => {
		const first = await b.run(() => {
			const main = document.querySelector('main');
			return { h1: main.querySelector('h1').innerText,
				top: main.querySelector('table').className,
				rows: main.querySelectorAll('.grid tbody tr').length };
		});
		must(first.h1.startsWith('Not trustworthy: tts-four'), first.h1);
		must(first.top === 'grid' && first.rows === 4, JSON.stringify(first));
	});

	await test('the first screen says what decides, with target, interval and n', async () => {
		const rows = await b.run(() => Array.from(document.querySelectorAll('.keys tbody tr'),
			(r) => r.innerText.replace(/\s+/g, ' ')));
		const want = [/^capacity of vlm-limit 6 in flight, 13.3 \/s latency.p99 < 700ms .*lowest that missed: 8/,
			/^asr cer \+0.13 pp .* ±1 pp -0.21 … \+0.48 pp 120 ✓ aligned/,
			/^chat wrong \(keyword\) \+4.17 pp .* 24 \? undecided, 1350 would decide/,
			/^soak of 12.0 h errors 0.021 % < 0.1% 0.011 % … 0.04 % 43000 ✓ pass/,
			/^outages 1, the longest 4.5 s ≤ 10 s/, /^leaks hbm \+6.00 MiB\/h; 1 of 2 clean .*suspect/,
			/^npu 1 chip 0 910B3, ECC \+1 single \+1 double, up to 66 °C .*✗ not healthy/,
			/^npu 0 chip 0 910B3, ECC \+0 single \+0 double, .*✓ healthy/];
		for (const w of want)
			must(rows.some((r) => w.test(r)), `${w} is in none of:\n${rows.join('\n')}`);
		const facts = await b.run(() => document.querySelector('.columns').innerText);
		for (const t of ['2 × 910B3', '24.1.rc3', '8.0.RC3', 'server uvicorn', 'whisper-large-v3',
			'9f86d081884c', 'tts-four: The tester itself', '1 case: runs under check --long',
			'assay run acceptance.yaml --out report'])
			must(facts.includes(t), `${t} is not in ${facts}`);
	});

	await test('the steps of the search: a curve, and each on request', async () => {
		const seen = await b.run(() => {
			const s = document.querySelector('[id^=sweep-]');
			return { steps: Array.from(s.querySelectorAll('tbody')[0].rows, (r) =>
				r.cells[0].innerText + ' ' + r.cells[1].innerText.split('\n')[0]).join('; '),
			dots: s.querySelectorAll('svg.curve circle').length,
			labels: Array.from(s.querySelectorAll('svg.curve text'), (t) => t.textContent) };
		});
		must(seen.steps === '1 ✓ met; 2 ✓ met; 4 ✓ met; 6 ✓ met; 6 again ✓ met; 8 ✗ missed', seen.steps);
		must(seen.dots === 18 && seen.labels.includes('8') && seen.labels.includes('0 s') &&
			seen.labels.includes('request_rate'), JSON.stringify(seen));
		await b.run(() => new Promise((resolve) => {
			const d = document.querySelector('details.steps');
			d.addEventListener('toggle', () => requestAnimationFrame(resolve));
			d.open = true;
		}));
		const inner = await b.run(() => document.querySelectorAll('details.steps [data-plot]').length);
		must(inner === 6, `${inner} plots of steps`);
		for (const p of await b.run(ink))
			must(p.ink > 200, `a ${p.kind} is empty`);
		await b.run(() => { document.querySelector('details.steps').open = false; });
	});

	await test('what did not change is one line, the rest comes on request', async () => {
		const seen = await b.run(() => {
			const place = document.querySelector('.plots');
			const before = place.graphs.length;
			const still = Array.from(place.querySelectorAll('.hint'), (x) => x.innerText).join(' ');
			place.querySelector('button.more').click();
			return { before, after: place.graphs.length, still,
				ranges: place.graphs.map((g) => g.xAxisRange().join()) };
		});
		must(seen.still.includes('healthy 1') && seen.still.includes('swap used 0 B'), seen.still);
		must(seen.after > seen.before, JSON.stringify(seen));
		must(seen.ranges.every((r) => r === seen.ranges[0]), seen.ranges.join(' '));
	});

	await test('what the service said stays text', async () => {
		const page = await b.run(() => ({ title: document.title,
			images: document.querySelectorAll('img').length,
			reply: document.querySelector('.reply').innerText }));
		must(page.title.includes('acceptance'), page.title);
		must(page.images === 0, 'an image was made');
		must(page.reply.includes('</script>'), page.reply);
	});

	await test('dragging zooms all panels, a double click ends it', async () => {
		const before = await b.run(ranges);
		const at = await drag(b, 0, 0.25, 0.5);
		const zoomed = await b.run(ranges);
		const [lo, hi] = zoomed[0];
		must(hi - lo < 0.4 * (before[0][1] - before[0][0]), `range ${lo} … ${hi}`);
		for (const r of zoomed)
			must(Math.abs(r[0] - lo) < 1e-6 && Math.abs(r[1] - hi) < 1e-6, `${r} is not ${lo},${hi}`);
		const click = [{ type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
		await b.mouse([at, ...click, ...click]);
		const after = await b.run(ranges);
		for (const r of after)
			must(Math.abs(r[0]) < 1e-6 && Math.abs(r[1] - 40) < 1e-6, `stays at ${r}`);
	});

	await test('the pointer tells the values of all panels', async () => {
		const box = await b.run(() => {
			const r = document.querySelector('[data-plot=timeline]').getBoundingClientRect();
			return { x: r.x + r.width / 2, y: r.y + r.height / 2 };
		});
		await b.mouse([{ type: 'pointerMove', duration: 20, origin: 'viewport',
			x: Math.round(box.x), y: Math.round(box.y) }]);
		const told = await b.run(() => Array.from(document.querySelectorAll('.plots')[0]
			.querySelectorAll('.plothead em'), (e) => e.textContent).filter(Boolean));
		must(told.length >= 8, JSON.stringify(told));
		must(told.some((t) => /GiB/.test(t)) && told.some((t) => /ms|s$/.test(t)), told.join());
	});

	await test('another distribution is shown on request', async () => {
		const title = await b.run(() => {
			const place = document.querySelectorAll('.plots')[1];
			const button = Array.from(place.querySelectorAll('.choose button'))
				.find((x) => x.textContent === 'ttft');
			button.click();
			return place.querySelector('.plothead').innerText;
		});
		must(title.includes('ttft, n = 238'), title);
		for (const p of await b.run(ink))
			must(p.ink > 200, `a ${p.kind} is empty`);
	});

	await test('pairs are aligned in colour', async () => {
		await b.run(() => new Promise((resolve) => {
			const d = document.querySelector('details.pairs');
			d.addEventListener('toggle', () => requestAnimationFrame(resolve));
			d.open = true;
		}));
		const marks = await b.run(() => {
			const row = Array.from(document.querySelectorAll('tr.pair'))
				.find((x) => x.querySelector('th').textContent === 'utt-7');
			return { del: Array.from(row.querySelectorAll('.heard:not(.reference) del'),
				(x) => x.textContent).join(''),
				mark: Array.from(row.querySelectorAll('.heard:not(.reference) mark'),
				(x) => x.textContent).join(''),
				clean: row.querySelectorAll('.heard.reference > *').length };
		});
		must(marks.del === '去' && marks.mark === '汽' && marks.clean === 0, JSON.stringify(marks));
	});

	await test('answers are marked from where they part', async () => {
		const seen = await b.run(() => {
			const row = Array.from(document.querySelectorAll('tr.pair'))
				.find((x) => x.querySelector('th').textContent === 'img-3');
			return { marks: Array.from(row.querySelectorAll('mark'), (m) => m.textContent).join('|'),
				why: row.querySelector('.why').textContent };
		});
		must(seen.marks === '蓝色的圆形。|红色的圆形。' && seen.why.includes('at character 6'),
			JSON.stringify(seen));
	});

	await test('the language can be switched', async () => {
		const seen = await b.run(() => {
			const h1 = document.querySelector('h1');
			document.getElementById('lang').click();
			const zh = h1.innerText;
			document.getElementById('lang').click();
			return { zh, en: h1.innerText };
		});
		must(seen.zh.startsWith('结果不可信'), seen.zh);
		must(seen.en.startsWith('Not trustworthy'), seen.en);
	});

	await test('dark follows the system and the switch', async () => {
		const dark = () => getComputedStyle(document.body).backgroundColor;
		const light = await b.run(dark);
		await b.cdp('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme',
			value: 'dark' }] });
		const system = await b.run(dark);
		must(light !== system, 'the system is not followed');
		await picture(b, 'report-dark.png');
		const back = await b.run(() => {
			document.getElementById('theme').click();
			return getComputedStyle(document.body).backgroundColor;
		});
		must(back === light, 'the switch does not win');
		for (const p of await b.run(ink))
			must(p.ink > 200, `a ${p.kind} is empty`);
		await b.cdp('Emulation.setEmulatedMedia', { features: [] });
	});

	for (const lang of ['en', 'zh'])
		await test(`360 pixels are enough (${lang})`, async () => {
			await b.size(360, 740);
			await b.go(`file://${join(dir, lang, 'report.html')}`);
			await drawn(b);
			const wide = await b.run(() => ({ page: document.documentElement.scrollWidth,
				body: document.body.scrollWidth, lang: document.documentElement.lang,
				over: Array.from(document.querySelectorAll('body *')).filter((x) =>
					x.getBoundingClientRect().right > 361 && !x.closest('.wide, nav'))
					.slice(0, 5).map((x) => `${x.tagName}.${x.className}`) }));
			must(wide.page <= 360 && wide.body <= 360, JSON.stringify(wide));
			must(wide.lang === lang, `the language is ${wide.lang}`);
			await picture(b, `report-360-${lang}.png`);
			await b.cdp('Emulation.clearDeviceMetricsOverride');
		});

	await test('without scripts the tables are all there', async () => {
		await b.cdp('Emulation.setScriptExecutionDisabled', { value: true });
		await b.go(`file://${join(dir, 'en', 'report.html')}`);
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
		must(await shown('.grid td.fail') === 2, 'the grid');
		must(await shown('.keys tbody tr') === 8, 'the numbers that decide');
		must(await shown('section.run table') >= 6, 'the runs');
		must(await shown('details.folded > summary') === 2, 'the folded cases');
		must(await shown('svg.curve') === 1, 'the curve');
		must(await shown('.switches') === 0, 'switches that do nothing');
		await b.cdp('Emulation.setScriptExecutionDisabled', { value: false });
	});

	await test('it prints on A4, dark or not: the summary first, plots as wide as the text', async () => {
		await b.go(`file://${join(dir, 'en', 'report.html')}`);
		await drawn(b);
		await b.run(() => {
			document.documentElement.setAttribute('data-theme', 'dark');
			document.dispatchEvent(new Event('assay-redraw'));
		});
		const widths = () => Array.from(document.querySelectorAll('.plot'), (p) => p.clientWidth).join();
		const before = await b.run(widths);
		const { data } = await b.cdp('Page.printToPDF', { preferCSSPageSize: true });
		const pdf = Buffer.from(data, 'base64');
		must(/\/MediaBox \[0 0 59[45][.\d]* 84[12]/.test(pdf.toString('latin1')), 'not A4');
		const after = await b.run(widths);
		must(after === before, `plots were ${before} wide, after it ${after}`);
		must(await b.run(() => document.documentElement.getAttribute('data-theme')) === 'dark',
			'the colours are not as they were');
		writeFileSync(join(dir, 'report.pdf'), pdf);
		if (process.env.SCREENSHOTS)
			writeFileSync(join(process.env.SCREENSHOTS, 'report.pdf'), pdf);
		const pages = printed(join(dir, 'report.pdf'));
		if (!pages)
			return;
		must(pages.length > 3 && pages.length < 30, `${pages.length} pages`);
		must(pages.every((p) => p.white > 0.6), `dark: ${pages.map((p) => p.white.toFixed(2))}`);
		must(pages[0].right < 0.3, 'the first page has more than the summary');
		const right = pages.map((p) => p.right);
		must(right.filter((x) => x > 0.85).length >= 3 && right.every((x) => x < 0.95),
			`the lines of the plots end at ${right} of the width`);
	});

	await test('a million requests: small, and drawn', async () => {
		const size = statSync(join(dir, 'big', 'report.html')).size;
		must(size <= 5e6, `${size} bytes`);
		for (const name of ['en', 'big']) {
			const start = Date.now();
			await b.go(`file://${join(dir, name, 'report.html')}`);
			await drawn(b);
			const first = await b.run(() => Math.round(performance
				.getEntriesByName('first-contentful-paint')[0].startTime));
			console.log(`# ${statSync(join(dir, name, 'report.html')).size} bytes, ` +
				`first picture after ${first} ms, drawn after ${Date.now() - start} ms`);
		}
		for (const p of await b.run(ink))
			must(p.ink > 200, `a ${p.kind} is empty`);
		await picture(b, 'report-big.png');
	});

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

for (const [name, ...args] of [['en', 'en'], ['zh', 'zh'], ['big', 'en', '1000000']])
	execFileSync(makeReport, [join(dir, name), ...args]);
const browser = await openBrowser();
try {
	await tests(browser);
} finally {
	await browser.close();
}
finish();
