// tests/browser/driver.mjs - headless Chromium through chromedriver (W3C WebDriver), with what Node has.
// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export function findProgram(names) {
	for (const dir of (process.env.PATH || '').split(delimiter))
		for (const name of names)
			try {
				accessSync(join(dir, name), constants.X_OK);
				return join(dir, name);
			} catch {
				// not here
			}
	return null;
}

// The port that chromedriver chose (0: the kernel's choice), from its first words.
function portOf(child) {
	return new Promise((resolve, reject) => {
		let text = '';
		child.stdout.on('data', (data) => {
			text += data;
			const found = /successfully on port (\d+)/.exec(text);
			if (found)
				resolve(Number(found[1]));
		});
		child.on('exit', (code) => reject(new Error(`chromedriver ended (${code}): ${text}`)));
		child.on('error', reject);
	});
}

export class Browser {
	static async open(chromium, chromedriver) {
		const b = new Browser();
		b.profile = mkdtempSync(join(tmpdir(), 'assay-browser-'));
		process.on('exit', () => b.child.kill());
		// Who is ended from outside takes the browser along.
		for (const signal of ['SIGINT', 'SIGTERM'])
			process.on(signal, () => process.exit(1));
		b.child = spawn(chromedriver, ['--port=0'], { stdio: ['ignore', 'pipe', 'ignore'] });
		b.base = `http://127.0.0.1:${await portOf(b.child)}`;
		const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
			'--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
			`--user-data-dir=${b.profile}`, '--window-size=1280,900'];
		const session = await b.call('POST', '/session', { capabilities: { alwaysMatch: {
			browserName: 'chrome',
			'goog:chromeOptions': { binary: chromium, args },
			'goog:loggingPrefs': { browser: 'ALL', performance: 'ALL' }
		} } });
		b.base += `/session/${session.sessionId}`;
		return b;
	}

	async call(method, path, body) {
		const reply = await fetch(this.base + path, {
			method, body: body && JSON.stringify(body),
			headers: { 'content-type': 'application/json' }
		});
		const { value } = await reply.json();
		if (!reply.ok)
			throw new Error(`${path}: ${value.error}: ${value.message.split('\n')[0]}`);
		return value;
	}

	go(url) {
		return this.call('POST', '/url', { url });
	}

	// Run the function in the page; what it returns (or resolves to) comes back.
	run(f, ...args) {
		const script = `const done = arguments[arguments.length - 1];
			const args = Array.prototype.slice.call(arguments, 0, -1);
			Promise.resolve().then(() => (${f})(...args)).then((v) => done([v]),
				(e) => done([null, String(e)]));`;
		return this.call('POST', '/execute/async', { script, args }).then(([value, error]) => {
			if (error)
				throw new Error(error);
			return value;
		});
	}

	cdp(cmd, params = {}) {
		return this.call('POST', '/goog/cdp/execute', { cmd, params });
	}

	size(width, height) {
		return this.cdp('Emulation.setDeviceMetricsOverride',
			{ width, height, deviceScaleFactor: 1, mobile: false });
	}

	log(type) {
		return this.call('POST', '/se/log', { type });
	}

	mouse(actions) {
		return this.call('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse',
			parameters: { pointerType: 'mouse' }, actions }] });
	}

	async close() {
		try {
			await this.call('DELETE', '');
		} catch {
			// it is gone already
		}
		const ended = new Promise((resolve) => this.child.on('close', resolve));
		this.child.kill();
		await ended;
		rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
	}
}
