// tests/browser/first-picture.mjs - how long it takes to write report.html, and until Chromium shows
// its first picture and has drawn all of it: a measurement, no test.
// Usage: node first-picture.mjs MAKE-REPORT [REPEATS]   (ninja -C build first-picture)
// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser, findProgram } from './driver.mjs';

const makeReport = process.argv[2];
const repeats = Number(process.argv[3] || 7);
const dir = mkdtempSync(join(tmpdir(), 'assay-first-'));

function told(values, digits) {
	const sorted = values.slice().sort((a, b) => a - b);
	return [sorted[0], sorted[sorted.length >> 1], sorted[sorted.length - 1]]
		.map((v) => v.toFixed(digits)).join(' … ');
}

// From the start of the navigation, in ms: the first picture, and when every plot was drawn.
const moments = () => new Promise((resolve) => {
	const look = () => {
		const first = performance.getEntriesByName('first-contentful-paint')[0];
		if (first && document.documentElement.hasAttribute('data-drawn'))
			resolve([first.startTime, performance.now()]);
		else
			requestAnimationFrame(look);
	};
	look();
});

console.log(`load ${loadavg().map((x) => x.toFixed(2)).join(' ')}; least … median … greatest of ${repeats}`);
const b = await Browser.open(findProgram(['chromium', 'chromium-browser', 'google-chrome']),
	findProgram(['chromedriver']));
try {
	for (const requests of ['1000', '1000000']) {
		const out = join(dir, requests);
		const writes = [], firsts = [], alls = [];
		for (let i = 0; i < repeats; i++)
			writes.push(Number(execFileSync(makeReport, [out, 'en', requests])) * 1000);
		for (let i = 0; i < repeats; i++) {
			await b.go('about:blank');
			await b.go(`file://${join(out, 'report.html')}`);
			const [first, all] = await b.run(moments);
			firsts.push(first);
			alls.push(all);
		}
		console.log(`${requests} requests: ${statSync(join(out, 'report.html')).size} bytes, ` +
			`written in ${told(writes, 1)} ms, first picture after ${told(firsts, 0)} ms, ` +
			`all drawn after ${told(alls, 0)} ms`);
	}
} finally {
	await b.close();
	rmSync(dir, { recursive: true, force: true });
}
