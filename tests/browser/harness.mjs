// tests/browser/harness.mjs - what every browser test begins and ends with: the programs or a skip,
// a folder, checks counted in TAP, pictures for whoever sets $SCREENSHOTS.
// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser, findProgram } from './driver.mjs';

const chromium = findProgram(['chromium', 'chromium-browser', 'google-chrome']);
const chromedriver = findProgram(['chromedriver']);
if ((!chromium || !chromedriver) && !process.env.CI) {
	console.log(`1..0 # SKIP no ${chromium ? 'chromedriver' : 'chromium'} on this machine`);
	process.exit(0);
}

export const dir = mkdtempSync(join(tmpdir(), 'assay-pages-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
let count = 0, failed = 0;

export const openBrowser = () => Browser.open(chromium, chromedriver);

// Counts one more that failed.
export function fail(name, e) {
	failed++;
	console.log(`not ok ${++count} - ${name}\n# ${String(e.message).replace(/\n/g, '\n# ')}`);
}

export async function test(name, f) {
	try {
		await f();
		console.log(`ok ${++count} - ${name}`);
	} catch (e) {
		fail(name, e);
	}
}

export function must(condition, words) {
	if (!condition)
		throw new Error(words);
}

export async function picture(b, name) {
	if (!process.env.SCREENSHOTS)
		return;
	const { data } = await b.cdp('Page.captureScreenshot', { captureBeyondViewport: true });
	writeFileSync(join(process.env.SCREENSHOTS, name), Buffer.from(data, 'base64'));
}

// Behind the last test; ends the program.
export function finish() {
	console.log(`1..${count}`);
	process.exit(failed ? 1 : 0);
}
