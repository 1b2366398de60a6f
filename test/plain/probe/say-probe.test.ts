import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {Fault} from '../../../src/domain/image/fault.ts';
import type {ProbeReport} from '../../../src/domain/probe/probe.ts';
import {sayProbeProgress, showProbeProgress} from '../../../src/plain/probe/probe-progress.ts';
import {sayProbe} from '../../../src/plain/probe/say-probe.ts';
import {brokenImage, instance, reportWith, unknownImage} from '../../support/probe-reports.ts';

const said = (more: Partial<ProbeReport> = {}) => sayProbe(reportWith(more)).join('\n');

describe('the end of a run', () => {
	it('says what was checked, and that it is intact', () => {
		expect(said()).toBe(
			[
				'The catalogue lists 3 repositories and ended by itself.',
				`${instance}: 3 repositories, 9 tags, 8 indexes checked at depth edge.`,
				'120 requests in 1.5 s, 80 a second.',
				'intact: all of 9 tags can be pulled.',
			].join('\n'),
		);
	});

	it('says where the catalogue did not end by itself, and what it omits', () => {
		const words = (more: Partial<ProbeReport>) => said(more).replace(/\s+/g, ' ');
		const omitted = Array.from({length: 7}, (_, n) => `app/${n}`);

		expect(words({list: {ended: 'checked', pages: 2, omitted: ['app']}})).toMatch(
			/regmedic requested the names after it until nothing new came\. The catalogue omits app, because one of its pages ends in a repository below\. regmedic checked it, too\./,
		);
		expect(words({list: {ended: 'by-itself', pages: 9, omitted}})).toContain(
			'The catalogue omits app/0, app/1, app/2, app/3, app/4 and 2 more, because',
		);
		expect(words({catalog: false, list: {ended: 'no', omitted: []}})).toContain(
			'The catalogue listed 3 repositories and was not read to its end.',
		);
	});

	it('says of how many blobs only the size was checked', () => {
		const text = said({sizeOnly: 300}).replace(/\s+/g, ' ');

		expect(text).toContain('Of 300 blobs only the size was checked');
		expect(text).toContain('--depth content reads every byte.');
	});

	it('says what intact means where the registry is proven to serve from memory', () => {
		expect(said({mayLackLinks: true}).replace(/\s+/g, ' ')).toContain(
			'Intact means here that it can be pulled now: this registry (distribution 3.x with a descriptor cache) also serves parts whose links its disk has lost, until it is restarted.',
		);
		expect(said()).not.toContain('can be pulled now');
	});

	it('lists each damage once, with its tags, what it means, and the next command', () => {
		const digest = {digest: `sha256:${'a'.repeat(64)}` as never};
		const images = [
			{...brokenImage('infra-ci:latest'), ...digest},
			{...brokenImage('infra-ci:manual'), ...digest},
		];

		const text = said({failures: 2, faults: {'child-missing': 1}, images});

		expect(text).toContain('infra-ci: latest, manual');
		expect(text.match(/404 manifest unknown/g)).toHaveLength(1);
		expect(text).toContain('1 child-missing: the index names a manifest that the registry does not have');
		expect(text).toContain('broken: 2 of 9 tags cannot be pulled.');
		expect(text).toContain(`Next: regmedic respond --image ${instance}/infra-ci:latest`);
	});

	it('lists no more broken images than a person reads, and says how many more', () => {
		const images = Array.from({length: 1000}, (_, n) => brokenImage(`app-${n}:v1`));

		const lines = sayProbe(reportWith({failures: 4000, images}));

		expect(lines.length).toBeLessThan(80);
		expect(lines.join('\n')).toContain('and 3975 more; --json lists them.');
	});

	it.each([40, 60, 80, 200])('fits %i columns and cuts nothing, but for what has to be copied whole', columns => {
		const digest = `sha256:${'a'.repeat(64)}` as never;
		const detail = 'manifest unknown to registry';
		const fault: Fault = {kind: 'manifest-unreadable', digest, platform: 'linux/amd64', via: [], status: 404, detail};
		const report = reportWith({
			failures: 1,
			faults: {[fault.kind]: 1},
			images: [brokenImage('infra-ci:latest', fault)],
		});

		const lines = sayProbe(report, {columns});

		const folded = lines.filter(line => !line.startsWith('Next:'));
		expect(Math.max(...folded.map(line => line.length))).toBeLessThanOrEqual(columns);
		const words = lines.join(' ').replace(/\s+/g, ' ');
		expect(words).toContain('404 manifest unknown to registry');
		expect(words).toContain('linux/amd64 sha256:aaaaaaaaaaaa');
		expect(lines.join('')).not.toContain('…');
	});

	it('gives each reason why images could not be checked once, however many images it concerns', () => {
		const images = Array.from({length: 30}, (_, n) => unknownImage(`app:v${n}`));
		const gaps = [{repository: 'secret', code: 'registry.forbidden' as const, message: 'Not for you.', hint: 'Ask.'}];

		const text = said({unknown: 31, images, gaps});

		expect(text).toContain('secret: Not for you. (registry.forbidden)');
		expect(text.match(/Nobody answers\./g)).toHaveLength(1);
		expect(text).toMatch(/app:v4 and 25 more/);
		expect(text).toMatch(/unknown: 31 could not be checked\. No fault was found in the rest\./);
		expect(text).not.toContain('intact');
	});

	it('says that an empty catalogue is suspicious, and where to look', () => {
		const text = said({listed: 0, repositories: 0, tags: 0});

		expect(text).toMatch(/catalogue of registry\.example:5050 is empty/);
		expect(text).toContain('{"repositories":[]}');
		expect(text).toContain('--allow-empty');
		expect(text).not.toContain('intact');
		expect(sayProbe(reportWith({listed: 0, tags: 0}), {allowEmpty: true}).join()).toContain(
			'There was nothing to check.',
		);
	});

	it('escapes control characters in the names and responses of a registry', () => {
		const evil = 'x\u001b[2J\u202e';
		const text = said({
			failures: 1,
			unknown: 2,
			images: [
				{...brokenImage(`${evil}:v1`), faults: [{kind: 'child-missing', via: [], status: 404, detail: evil}]},
				unknownImage('app:v1', evil),
			],
			gaps: [{repository: evil, code: 'registry.failing', message: evil, hint: evil}],
			odd: {count: 1, examples: [evil]},
		});

		expect(text).not.toMatch(/[\u001b\u202e]/);
	});
});

describe('progress', () => {
	const erase = '\r\u001b[K';

	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	const progress = {repositories: 10, known: 40, isListed: true, tags: 50, failures: 0, unknown: 0, requests: 400};
	const at = (more: Partial<typeof progress>, milliseconds = 2000) =>
		sayProbeProgress('registry.example', {...progress, ...more}, milliseconds);

	it('says how far, how fast, and how long it will take', () => {
		expect(at({})).toBe('registry.example: 10 of 40 repositories, 50 tags, 400 requests, 200 a second, 6.0 s left');
	});

	it('leaves out whole numbers where there is no room, and those that matter least first', () => {
		const shown = (columns: number) => sayProbeProgress('registry.example', {...progress, failures: 3}, 2000, columns);

		expect(shown(85)).toBe('registry.example: 3 broken, 10 of 40 repositories, 50 tags, 400 requests, 6.0 s left');
		expect(shown(70)).toBe('registry.example: 3 broken, 10 of 40 repositories, 50 tags, 6.0 s left');
		expect(shown(60)).toBe('registry.example: 3 broken, 10 of 40 repositories, 6.0 s left');
	});

	it('does not guess the end while the catalogue is still being listed', () => {
		expect(at({isListed: false})).toMatch(/10 of 40 or more repositories/);
		expect(at({isListed: false})).not.toContain('left');
		expect(sayProbeProgress('registry.example', undefined, 10)).toBe('registry.example: reading the catalogue');
	});

	it('moves on one line of a terminal at least once a second, makes way for other lines, and is gone at the end', () => {
		let written = '';
		const talk = (text: string) => {
			written += text;
		};
		const shown = showProbeProgress('h', {talk, terminal: {isTTY: true, columns: 30}, monotonic: () => 0});

		for (let seconds = 0; seconds < 5; seconds++) {
			written = '';
			shown.update({...progress, failures: 3, tags: seconds});
			vi.advanceTimersByTime(1000);
			expect(written).toContain('h: 3 broken, ');
			expect(written).not.toContain('\n');
			expect(written.split(erase).every(line => line.length < 30)).toBe(true);
		}

		shown.makeWay();
		expect(written.endsWith(erase)).toBe(true);
		vi.advanceTimersByTime(1000);
		shown.stop();
		expect(written.endsWith(erase)).toBe(true);
		vi.advanceTimersByTime(60_000);
		expect(written.endsWith(erase)).toBe(true);
	});

	it('goes on moving where one image after another makes it give way', () => {
		let shows = 0;
		const talk = (text: string) => {
			shows += Number(text.includes('repositories'));
		};
		const shown = showProbeProgress('h', {talk, terminal: {isTTY: true, columns: 80}, monotonic: () => 0});
		shown.update(progress);

		for (let images = 0; images < 100; images++) {
			vi.advanceTimersByTime(100);
			shown.makeWay();
		}

		shown.stop();
		expect(shows).toBeGreaterThanOrEqual(10);
	});

	it('is a line every half minute without a terminal, free of escapes', () => {
		let written = '';
		const talk = (text: string) => {
			written += text;
		};
		const shown = showProbeProgress('h', {talk, terminal: {isTTY: false}, monotonic: () => 0});

		vi.advanceTimersByTime(29_000);
		expect(written).toBe('');
		shown.update(progress);
		vi.advanceTimersByTime(31_000);
		shown.makeWay();
		shown.stop();
		vi.advanceTimersByTime(90_000);

		expect(written).toMatch(/^(h: (?:10 of 40 repositories|reading).*\n){2}$/);
		expect(written).not.toContain('\u001b');
	});

	it('puts broken and unknown images before what a narrow line would cut off', () => {
		expect(at({failures: 3, unknown: 1})).toMatch(/^registry\.example: 3 broken, 1 unknown, /);
	});
});
