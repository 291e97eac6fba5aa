// tests/browser/live.mjs - the live page of a real run, followed in headless Chromium.
// Usage: node live.mjs ASSAY; pictures go to $SCREENSHOTS when that is set. TAP.
// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { dir, fail, finish, must, openBrowser, picture, test } from './harness.mjs';

const assay = process.argv[2];

// A service that answers every upload; one in twenty fails, so that failures are seen too.
function service() {
	let n = 0;
	const s = createServer((ask, reply) => {
		ask.resume();
		ask.on('end', () => {
			reply.writeHead(++n % 20 ? 200 : 500, { 'content-type': 'application/json' });
			reply.end(JSON.stringify({ text: 'hello', language: 'en', segments: [] }));
		});
	});
	return new Promise((resolve) => s.listen(0, '127.0.0.1', () => resolve(s)));
}

// The run, its end, and the address of its page, from its own words on standard error.
function start(...args) {
	const child = spawn(assay, args, { stdio: ['ignore', 'ignore', 'pipe'] });
	process.on('exit', () => child.kill('SIGKILL'));
	const ended = new Promise((resolve) => child.on('close', resolve));
	let text = '';
	const page = new Promise((resolve, reject) => {
		child.stderr.on('data', (data) => {
			text += data;
			const found = /live page: (http:\S+)/.exec(text);
			if (found)
				resolve(found[1]);
		});
		child.on('close', () => reject(new Error(`assay ended: ${text}`)));
	});
	return { child, ended, page };
}

// Until the page says what f asks for.
function until(b, f, ...args) {
	return b.run(`(...args) => new Promise((resolve) => {
		const ready = ${f};
		const look = () => {
			const seen = ready(...args);
			if (seen)
				resolve(seen);
			else
				requestAnimationFrame(look);
		};
		look();
	})`, ...args);
}

function ask(url, options) {
	return new Promise((resolve, reject) => {
		const r = request(url, options, (reply) => {
			let text = '';
			reply.on('data', (d) => { text += d; });
			reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, text }));
		});
		r.on('error', reject);
		r.end();
	});
}

const shop = await service();
const run = start('bench', 'asr', `http://127.0.0.1:${shop.address().port}/transcribe`, '--rate', '20',
	'--duration', '600s', '--ui', '--no-targets', '--out', join(dir, 'out'));
const watch = start('monitor', '--ui');
const b = await openBrowser();
try {
	const url = await run.page;
	await test('it says what runs, and draws', async () => {
		await b.go(url);
		const seen = await until(b, () => {
			const ok = document.querySelector('#phases tbody tr:first-child td:nth-child(5)');
			const plots = document.querySelectorAll('#plots canvas').length;
			return Number(ok && ok.textContent) >= 40 && plots >= 8 &&
				document.querySelector('h1').innerText;
		});
		must(/^Running: .*asr/.test(seen), seen);
		const names = await b.run(() => Array.from(document.querySelectorAll('.plothead b'),
			(x) => x.textContent));
		for (const name of ['request_rate', 'latency', 'in_flight', 'failed'])
			must(names.includes(name), `no plot of ${name}: ${names.join(' ')}`);
		await picture(b, 'live.png');
	});

	await test('a reload shows what was there before', async () => {
		const before = await b.run(() => Number(document.documentElement.dataset.seq));
		await b.go(url);
		await until(b, (n) => Number(document.documentElement.dataset.seq) >= n, before);
		const { text } = await ask(new URL('/state?since=0', url));
		const all = JSON.parse(text);
		const line = all.lines.find((l) => l.name === 'request_rate');
		/* From its phase's beginning on, however long it took to prepare. */
		must(line.t.length >= 2 && line.t[0] < all.phases[0].from + 5, text.slice(0, 300));
		const later = JSON.parse((await ask(new URL(`/state?since=${all.seq}`, url))).text);
		must(later.lines.every((l) => l.t.length < 5), 'everything is sent again');
	});

	await test('a laptop that slept says so, and catches up', async () => {
		const seq = () => b.run(() => Number(document.documentElement.dataset.seq));
		const lost = (is) => until(b, (x) => document.getElementById('lost').hidden !== x, is);
		const offline = (is) => b.cdp('Network.emulateNetworkConditions',
			{ offline: is, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
		const server = async (past) => {
			for (;;) {
				const now = JSON.parse((await ask(new URL(`/state?since=${past}`, url))).text).seq;
				if (now > past + 20)
					return now;
			}
		};
		await b.cdp('Network.enable');
		await offline(true);
		await lost(true);
		const before = await seq();
		const meanwhile = await server(before);
		must(await seq() === before, 'it was not cut off');
		await offline(false);
		await lost(false);
		await until(b, (n) => Number(document.documentElement.dataset.seq) >= n, meanwhile);
		must(await b.run(() => document.getElementById('lost').hidden), 'it says that it is lost');
	});

	await test('all panels have one clock, and one zoom that new readings leave alone', async () => {
		const labels = () => Array.from(document.querySelectorAll('#plots > div .plot'), (p) =>
			Array.from(p.querySelectorAll('.dygraph-axis-label-x'), (x) => x.textContent).join(' '));
		const before = await b.run(labels);
		must(before.length >= 5 && before.every((x) => x && x === before[0]), before.join(' | '));
		const box = await b.run(() => {
			const p = document.querySelector('#plots .plot');
			p.scrollIntoView({ block: 'center', behavior: 'instant' });
			const r = p.getBoundingClientRect();
			return { x: r.x, y: r.y, w: r.width, h: r.height };
		});
		const at = (share) => ({ type: 'pointerMove', duration: 50, origin: 'viewport',
			x: Math.round(box.x + 62 + (box.w - 70) * share), y: Math.round(box.y + box.h / 2) });
		const down = { type: 'pointerDown', button: 0 }, up = { type: 'pointerUp', button: 0 };
		await b.mouse([at(0.2), down, at(0.3), at(0.4), up]);
		const zoomed = await b.run(labels);
		must(zoomed[0] !== before[0] && zoomed.every((x) => x === zoomed[0]), zoomed.join(' | '));
		const seq = await b.run(() => Number(document.documentElement.dataset.seq));
		await until(b, (n) => Number(document.documentElement.dataset.seq) > n, seq);
		must((await b.run(labels)).every((x) => x === zoomed[0]), 'new readings end the zoom');
		await b.mouse([at(0.3), down, up, down, up]);
		must((await b.run(labels)).every((x) => x !== zoomed[0]), 'a double click does not end it');
	});

	await test('rare readings are folded, and drawn when they are opened', async () => {
		const seen = await b.run(() => new Promise((resolve) => {
			const d = document.querySelector('#plots details');
			const before = d.querySelectorAll('canvas').length;
			d.addEventListener('toggle', () => requestAnimationFrame(() =>
				resolve({ before, after: d.querySelectorAll('canvas').length })));
			d.open = true;
		}));
		must(seen.before === 0 && seen.after > 0, JSON.stringify(seen));
		await b.run(() => { document.querySelector('#plots details').open = false; });
	});

	await test('the language and 360 pixels', async () => {
		await b.run(() => document.getElementById('lang').click());
		must((await b.run(() => document.querySelector('h1').innerText)).startsWith('正在运行'),
			'not Chinese');
		await b.run(() => document.getElementById('lang').click());
		await b.size(360, 740);
		await until(b, () => document.documentElement.scrollWidth <= 360);
		await picture(b, 'live-360.png');
		await b.cdp('Emulation.clearDeviceMetricsOverride');
	});

	await test('it is for reading, and for this machine alone', async () => {
		must((await ask(url, { method: 'POST' })).status === 405, 'POST was taken');
		must((await ask(url, { method: 'DELETE' })).status === 405, 'DELETE was taken');
		must((await ask(url, { headers: { host: 'evil.example' } })).status === 403,
			'another name was answered');
		must((await ask(new URL('/etc/passwd', url))).status === 404, 'a file was found');
		must((await ask(new URL('/state?since=x', url))).status === 400, 'since=x was taken');
		must((await ask(new URL('/report', url))).status === 404, 'a report before the end');
	});

	await test('the end brings the report, which stays', async () => {
		run.child.kill('SIGINT');
		const seen = await until(b, () => location.pathname === '/report' &&
			document.documentElement.hasAttribute('data-drawn') &&
			document.querySelector('.verdict h1').innerText);
		must(seen.length > 20, seen);
		await run.ended;
		must(await b.run(() => document.querySelectorAll('canvas').length) > 2, 'no plots');
	});

	await test('the monitor has a page too', async () => {
		await b.go(await watch.page);
		const seen = await until(b, () => document.querySelectorAll('#plots canvas').length >= 4 &&
			Array.from(document.querySelectorAll('.plothead b'), (x) => x.textContent).join(' '));
		must(/memory of the host/.test(seen), seen);
		must((await b.run(() => document.querySelector('h1').innerText)) === 'Watching', 'not watching');
		watch.child.kill('SIGINT');
		must((await watch.ended) === 0, 'it does not end well');
	});

	await test('no error on the console', async () => {
		const bad = (await b.log('browser')).filter((l) => l.level !== 'DEBUG' && l.level !== 'INFO' &&
			!l.message.includes('ERR_INTERNET_DISCONNECTED'));
		must(bad.length === 0, bad.map((l) => l.message).join('\n'));
	});

	await test('no request leaves the machine', async () => {
		const urls = (await b.log('performance')).map((l) => JSON.parse(l.message).message)
			.filter((m) => m.method === 'Network.requestWillBeSent')
			.map((m) => m.params.request.url);
		must(urls.some((u) => u.includes('/state')), 'nothing was recorded');
		const own = [url, await watch.page];
		const out = urls.filter((u) => !/^(data|about|chrome):/.test(u) &&
			!own.some((o) => u.startsWith(o)));
		must(out.length === 0, out.join('\n'));
	});
} catch (e) {
	fail('the run', e);
} finally {
	run.child.kill('SIGKILL');
	watch.child.kill('SIGKILL');
	await b.close();
	shop.closeAllConnections();
	shop.close();
}
finish();
