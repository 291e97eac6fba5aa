// tests/e2e/serve-openai/test.mjs - the official OpenAI client, unchanged, against every OpenAI route.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { test, before, after } from 'node:test';
import { deflateSync } from 'node:zlib';
import OpenAI from 'openai';

const TOKEN = 'token-of-this-test';
const WORDS = 'Artificial intelligence is transforming industries.';
const services = {};

// Start a service; resolves to a client and what ends it.
function serve(...args) {
	const env = { ...process.env, E2E_TOKEN: TOKEN };
	const child = spawn(process.env.ASSAY, ['serve', ...args, '--port', '0', '--token-env', 'E2E_TOKEN'],
		{ env, stdio: ['ignore', 'pipe', 'inherit'] });
	return new Promise((resolve, reject) => {
		let text = '';
		child.stdout.on('data', (d) => {
			text += d;
			const at = /listening on (\S+)\n/.exec(text);
			if (at)
				resolve({ child, url: at[1], client: client(at[1], TOKEN) });
		});
		child.on('exit', (code) => reject(new Error(`assay serve ended with ${code}`)));
	});
}

function client(url, apiKey) {
	return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 60000 });
}

async function stop(service) {
	const ended = new Promise((resolve) => service.child.once('exit', resolve));
	service.child.kill('SIGTERM');
	assert.equal(await ended, 0);
}

async function bytes(response) {
	return Buffer.from(await response.arrayBuffer());
}

before(async () => {
	services.tts = await serve('tts', '--worker', 'flite');
	services.asr = await serve('asr', '--worker', 'pocketsphinx');
	services.chat = await serve('chat', '--worker', 'vision');
	services.sim = await serve('chat', '--worker', 'sim', '--sim-ttft', '20ms',
		'--sim-token-time', '5ms', '--sim-tokens', '30');
});

after(async () => {
	for (const name of Object.keys(services))
		await stop(services[name]);
});

// A picture of one colour with a disc of another.
function disc(width, height, inside, outside) {
	const crcTable = Array.from({ length: 256 }, (_, n) => {
		for (let k = 0; k < 8; k++)
			n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
		return n >>> 0;
	});
	const crc = (b) => {
		let c = 0xffffffff;
		for (const x of b)
			c = crcTable[(c ^ x) & 255] ^ (c >>> 8);
		return (c ^ 0xffffffff) >>> 0;
	};
	const chunk = (type, data) => {
		const body = Buffer.concat([Buffer.from(type), data]);
		const out = Buffer.alloc(body.length + 8);
		out.writeUInt32BE(data.length, 0);
		body.copy(out, 4);
		out.writeUInt32BE(crc(body), body.length + 4);
		return out;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8);
	const rows = Buffer.alloc(height * (1 + width * 3));
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			const near = Math.hypot(x - width / 2, y - height / 2) < height / 3;
			rows.set(near ? inside : outside, y * (1 + width * 3) + 1 + x * 3);
		}
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
		chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function picture(part) {
	return { type: 'image_url', image_url: { url: `data:image/png;base64,${part.toString('base64')}` } };
}

test('models are listed', async () => {
	const list = await services.sim.client.models.list();
	assert.equal(list.data.length, 1);
	assert.equal(list.data[0].id, 'sim');
});

test('a wrong token is an AuthenticationError', async () => {
	for (const s of Object.values(services))
		await assert.rejects(client(s.url, 'wrong').models.list(), OpenAI.AuthenticationError);
});

test('chat: whole answer with usage', async () => {
	const a = await services.sim.client.chat.completions.create({
		model: 'sim', messages: [{ role: 'user', content: 'count' }], max_completion_tokens: 5 });
	assert.equal(a.choices[0].message.content, 'zero one two three four');
	assert.equal(a.choices[0].message.role, 'assistant');
	assert.equal(a.choices[0].finish_reason, 'length');
	assert.equal(a.usage.completion_tokens, 5);
	assert.equal(a.usage.total_tokens, a.usage.prompt_tokens + 5);
});

test('chat: stream, one event per token, usage at the end', async () => {
	const stream = await services.sim.client.chat.completions.create({
		model: 'sim', stream: true, stream_options: { include_usage: true },
		messages: [{ role: 'user', content: 'count' }] });
	let text = '';
	let events = 0;
	let finish = null;
	let usage = null;
	for await (const part of stream) {
		const choice = part.choices[0];
		if (choice?.delta?.content) {
			text += choice.delta.content;
			events++;
		}
		finish = choice?.finish_reason ?? finish;
		usage = part.usage ?? usage;
	}
	assert.equal(events, 30);
	assert.equal(text.split(' ').length, 30);
	assert.equal(finish, 'stop');
	assert.equal(usage.completion_tokens, 30);
});

test('chat: a stream that the client gives up frees the worker', async () => {
	const stream = await services.sim.client.chat.completions.create({
		model: 'sim', stream: true, messages: [{ role: 'user', content: 'count' }] });
	for await (const part of stream) {
		if (part.choices[0]?.delta?.content)
			break;
	}
	const until = Date.now() + 5000;
	for (;;) {
		const r = await fetch(`${services.sim.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
		if (/^assay_worker_running 0$/m.test(await r.text()))
			break;
		assert.ok(Date.now() < until, 'the worker is still busy');
	}
});

test('chat: pictures are seen', async () => {
	const red = disc(120, 120, [230, 20, 20], [255, 255, 255]);
	const blue = disc(120, 120, [20, 20, 230], [255, 255, 255]);
	const ask = (...content) => services.chat.client.chat.completions.create({
		model: 'any', messages: [{ role: 'user', content: [{ type: 'text', text: 'What colour is the circle?' }, ...content] }] });
	assert.match((await ask(picture(red))).choices[0].message.content, /red/i);
	assert.match((await ask(picture(blue))).choices[0].message.content, /blue/i);
	assert.match((await ask(picture(red), picture(blue))).choices[0].message.content, /red.*blue/is);
});

test('chat: what is refused is a BadRequestError', async () => {
	const create = (more) => services.chat.client.chat.completions.create({
		model: 'any', messages: [{ role: 'user', content: 'hi' }], ...more });
	for (const more of [{ n: 2 }, { max_tokens: 0 }, { temperature: 3 }, { messages: [] }])
		await assert.rejects(create(more), OpenAI.BadRequestError);
	const url = (u) => create({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: u } }] }] });
	for (const u of ['http://127.0.0.1:9/a.png', 'https://localhost/a.png', 'file:///etc/hostname'])
		await assert.rejects(url(u), (e) => e instanceof OpenAI.BadRequestError && e.code === 'url_not_allowed');
});

test('chat: input_audio reaches the worker', async () => {
	const sound = await bytes(await services.tts.client.audio.speech.create({
		model: 'any', voice: 'alloy', input: 'Hello.', response_format: 'mp3' }));
	const a = await services.sim.client.chat.completions.create({ model: 'sim', max_tokens: 2, messages: [{
		role: 'user', content: [{ type: 'input_audio', input_audio: { data: sound.toString('base64'), format: 'mp3' } }] }] });
	assert.equal(a.choices[0].message.content, 'zero one');
});

test('speech: every format, and what it says', async () => {
	const magic = { mp3: /^(ID3|\xff[\xe0-\xff])/, opus: /^OggS/, flac: /^fLaC/, wav: /^RIFF....WAVE/s };
	for (const format of ['mp3', 'opus', 'flac', 'wav']) {
		const r = await services.tts.client.audio.speech.create({
			model: 'tts-1', voice: 'alloy', input: WORDS, response_format: format });
		const sound = await bytes(r);
		assert.match(sound.toString('latin1', 0, 16), magic[format]);
		const file = `speech.${format === 'opus' ? 'ogg' : format}`;
		writeFileSync(file, sound);
		const heard = await services.asr.client.audio.transcriptions.create({
			model: 'whisper-1', file: createReadStream(file) });
		assert.equal(heard.text, 'artificial intelligence is transforming industries');
	}
	const pcm = await bytes(await services.tts.client.audio.speech.create({
		model: 'tts-1', voice: 'nova', input: WORDS, response_format: 'pcm' }));
	const seconds = pcm.length / 2 / 24000;
	assert.ok(seconds > 2.5 && seconds < 5, `${seconds} s of pcm`);
	const fast = await bytes(await services.tts.client.audio.speech.create({
		model: 'tts-1', voice: 'nova', input: WORDS, response_format: 'pcm', speed: 2 }));
	assert.ok(fast.length < pcm.length * 0.7);
});

test('speech: the default is mp3', async () => {
	const r = await services.tts.client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello.' });
	assert.equal(r.headers.get('content-type'), 'audio/mpeg');
});

test('speech: server-sent events', async () => {
	const r = await services.tts.client.audio.speech.create({
		model: 'tts-1', voice: 'alloy', input: WORDS, response_format: 'opus', stream_format: 'sse' });
	const events = (await r.text()).split('\n\n').filter(Boolean).map((e) => JSON.parse(e.replace(/^data: /, '')));
	assert.equal(events.at(-1).type, 'speech.audio.done');
	const sound = Buffer.concat(events.filter((e) => e.type === 'speech.audio.delta')
		.map((e) => Buffer.from(e.audio, 'base64')));
	assert.equal(sound.toString('latin1', 0, 4), 'OggS');
	assert.ok(events.length > 2);
});

test('speech: refusals', async () => {
	const say = (more) => services.tts.client.audio.speech.create({ model: 'x', voice: 'alloy', input: 'hi', ...more });
	await assert.rejects(say({ input: '' }), OpenAI.BadRequestError);
	await assert.rejects(say({ voice: 'nobody' }), OpenAI.BadRequestError);
	await assert.rejects(say({ speed: 9 }), OpenAI.BadRequestError);
	await assert.rejects(say({ input: 'a'.repeat(5000) }), OpenAI.BadRequestError);
});

test('transcriptions: every response format', async () => {
	const ask = (response_format, more = {}) => services.asr.client.audio.transcriptions.create({
		model: 'whisper-1', file: createReadStream('speech.wav'), response_format, ...more });
	const text = 'artificial intelligence is transforming industries';
	assert.equal((await ask('json')).text, text);
	assert.equal(await ask('text'), `${text}\n`);
	const verbose = await ask('verbose_json', { language: 'en' });
	assert.equal(verbose.text, text);
	assert.ok(verbose.duration > 2.5 && verbose.duration < 5);
	assert.equal(verbose.segments[0].text, text);
	assert.ok(verbose.segments[0].end > verbose.segments[0].start);
	assert.match(await ask('srt'), /^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n/);
	assert.match(await ask('vtt'), /^WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\n/);
});

test('transcriptions: stream', async () => {
	const stream = await services.asr.client.audio.transcriptions.create({
		model: 'whisper-1', file: createReadStream('speech.wav'), stream: true });
	let told = '';
	let done = null;
	for await (const e of stream) {
		if (e.type === 'transcript.text.delta')
			told += e.delta;
		if (e.type === 'transcript.text.done')
			done = e.text;
	}
	assert.equal(done, 'artificial intelligence is transforming industries');
	assert.equal(told, done);
});

test('transcriptions: what is no sound is refused', async () => {
	writeFileSync('not-sound.wav', 'this is no sound at all');
	await assert.rejects(services.asr.client.audio.transcriptions.create({
		model: 'whisper-1', file: createReadStream('not-sound.wav') }), (e) => e.status === 415);
	writeFileSync('empty.wav', '');
	await assert.rejects(services.asr.client.audio.transcriptions.create({
		model: 'whisper-1', file: createReadStream('empty.wav') }), OpenAI.BadRequestError);
});
