import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {ScanOutput} from '../../src/domain/incident/outputs.ts';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import {createFormatter, rowWidth} from '../../src/ui/draw/formatter.ts';
import {drawScan} from '../../src/ui/draw/results/scan.ts';
import {edit, emptyField, type Field} from '../../src/ui/state/field.ts';
import {copySequence} from '../../src/ui/terminal-signals.ts';

const anyText = fc.string({unit: 'binary', maxLength: 60});

test('a line is never wider than it may be, whatever it says', () => {
	const format = createFormatter(true);
	fc.assert(
		fc.property(anyText, fc.integer({min: 1, max: 40}), (text, width) => {
			expect(rowWidth(format.cut(format.row(text, text), width))).toBeLessThanOrEqual(width);
			expect(rowWidth([format.column(text, width)])).toBe(width);
		}),
	);
});

test('the details of a finding say once how many parts are gone, and name them', () => {
	const finding: Finding = {
		kind: 'child-swept',
		repository: 'acme/app',
		digest: `sha256:${'a'.repeat(64)}` as Digest,
		tags: ['v1'],
		via: [],
		missing: ['b', 'c'].map(hex => `sha256:${hex.repeat(64)}` as Digest),
		remedy: 'rebuild',
		detail: 'its link and 2 parts of it are gone',
	};
	const scan: ScanOutput = {
		kind: 'scan',
		findings: [finding],
		others: [],
		siblings: [],
		leftovers: 0,
		complete: true,
		gaps: [],
		counts: {repositories: 1, tags: 1, indexes: 1, links: 1, blobs: 1},
	};

	const {rows} = drawScan(scan, undefined, {cursor: 0, format: createFormatter(true), width: 80, now: 0});

	const text = rows.map(row => row.map(span => span.text).join('')).join('\n');
	expect(text.match(/2 parts/g)).toHaveLength(1);
	expect(text).toContain('gone: bbbbbbbbbbbb, cccccccccccc');
});

test('below the findings stands what probes saw and the disk no longer shows, within the width', () => {
	const seen = {
		repository: 'acme/app',
		tag: 'v1',
		digest: `sha256:${'a'.repeat(64)}` as Digest,
		lastSeen: '2026-04-19T02:00:00Z',
	};
	const scan: ScanOutput = {
		kind: 'scan',
		findings: [],
		others: [],
		siblings: [],
		leftovers: 0,
		complete: true,
		gaps: [],
		counts: {repositories: 1, tags: 1, indexes: 1, links: 1, blobs: 1},
		inventory: {
			file: '/var/lib/regmedic/inventory.jsonl',
			registry: 'registry.example',
			lastSeen: seen.lastSeen,
			repositories: [],
			tags: [],
			movedBack: [{...seen, now: `sha256:${'b'.repeat(64)}` as Digest}],
			dangling: [],
			older: 0,
			unread: 0,
		},
		named: [{...seen, firstSeen: seen.lastSeen}],
	};

	const {rows} = drawScan(scan, undefined, {cursor: 0, format: createFormatter(true), width: 46, now: 0});

	const text = rows
		.map(row =>
			row
				.map(span => span.text)
				.join('')
				.trim(),
		)
		.join(' ');
	expect(text).toContain('Probes saw what this disk does not show any more');
	expect(text).toContain(
		'acme/app:v1 moved back to sha256:bbbbbbbbbbbb; it named sha256:aaaaaaaaaaaa, last seen 2026-04-19 02:00 UTC',
	);
	expect(text).toContain('acme/app:v1 was seen to name sha256:aaaaaaaaaaaa on 2026-04-19 02:00 UTC');
	expect(Math.max(...rows.map(rowWidth))).toBeLessThanOrEqual(46);
});

test('wrapped lines hold all of the text, and none is too wide', () => {
	const format = createFormatter(true);
	fc.assert(
		fc.property(fc.string({maxLength: 80}), fc.integer({min: 8, max: 40}), (text, width) => {
			const rows = format.wrap(text, width);
			expect(Math.max(...rows.map(rowWidth))).toBeLessThanOrEqual(width);
			const shown = rows
				.flat()
				.map(span => span.text)
				.join('');
			expect(shown.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
		}),
	);
});

test('a format without UTF-8 writes printable ASCII only', () => {
	const format = createFormatter(false);
	fc.assert(fc.property(anyText, text => /^[\x20-\x7E]*$/.test(format.span(text).text)));
});

test('a text field takes the usual editing keys', () => {
	const typed = (...presses: string[]) =>
		presses.reduce<Field>((field, press) => edit(field, press) ?? field, emptyField);

	expect(typed('a', 'space', 'b', 'left', 'x').text).toBe('a xb');
	expect(typed('ü', '🦦', 'backspace').text).toBe('ü');
	expect(typed('a', 'b', 'space', 'c', 'ctrl-w').text).toBe('ab ');
	expect(typed('a', 'b', 'ctrl-u', 'c').text).toBe('c');
	expect(typed('a', 'b', 'home', 'delete').text).toBe('b');
});

test('a copy is wrapped for tmux and screen, and never longer than terminals take', () => {
	const osc = `\u001B]52;c;${Buffer.from('ü').toString('base64')}\u0007`;

	expect(copySequence('ü', {})).toBe(osc);
	expect(copySequence('ü', {TMUX: '/tmp/t'})).toBe(`\u001BPtmux;\u001B${osc}\u001B\\`);
	expect(copySequence('ü', {STY: '1'})).toBe(`\u001BP${osc}\u001B\\`);
	expect(copySequence('x'.repeat(100_000), {})).toBeUndefined();
});
