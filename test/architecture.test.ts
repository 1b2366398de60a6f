import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {importsIn} from './support/imports.ts';

const root = path.resolve(import.meta.dirname, '../src');
const mostLines = 250;

/** Who may import what: files below src as globs, Node's modules as `node:`, packages by name. The first that fits counts. */
const arrows: {from: string; may: string[]}[] = [
	{from: 'cli.ts', may: ['*', '*/**', 'package.json', 'node:']},
	{from: 'program.ts', may: ['commands/**', 'invocation.ts', 'say-failure.ts', 'domain/**', 'commander']},
	{from: 'say-failure.ts', may: ['type invocation.ts', 'domain/**', 'commander']},
	{from: 'foreground.ts', may: ['type invocation.ts', 'node:']},
	{from: 'invocation.ts', may: ['domain/**', 'type engine/ports/**']},
	{
		from: 'commands/**',
		may: [
			...['commands', 'incidents', 'wiring', 'ui', 'plain', 'engine', 'adapters', 'drills', 'domain'].map(below),
			...['invocation.ts', 'node:', 'write-file-atomic', 'commander'],
		],
	},
	{
		from: 'incidents/**',
		may: [
			...['incidents', 'wiring', 'ui', 'plain', 'engine', 'adapters', 'drills', 'domain'].map(below),
			...['type invocation.ts', 'node:', 'write-file-atomic'],
		],
	},
	{
		from: 'wiring/**',
		may: [...['wiring', 'engine', 'adapters', 'domain'].map(below), 'type invocation.ts', 'node:'],
	},
	{from: 'ui/**', may: ['ui/**', 'engine/**', 'domain/**', 'ink', 'react', 'react/jsx-runtime', 'string-width']},
	{from: 'plain/**', may: ['plain/**', 'engine/**', 'domain/**', 'string-width']},
	{from: 'engine/**', may: ['engine/**', 'domain/**']},
	...Object.entries({
		registry: ['undici', 'valibot'],
		woodpecker: ['undici', 'valibot'],
		ssh: ['execa', 'ssh2'],
		secrets: ['execa', 'valibot'],
		journal: ['valibot'],
		storage: [],
		builder: [],
		configuration: [],
		metrics: ['prom-client', 'undici', 'write-file-atomic'],
	}).map(([name, packages]) => ({
		from: `adapters/${name}/**`,
		may: [`adapters/${name}/**`, 'engine/ports/**', 'domain/**', 'node:', ...packages],
	})),
	{from: 'drills/**', may: ['drills/**', 'domain/**', 'node:', 'ssh2']},
	{
		from: 'domain/**',
		may: ['domain/**', 'valibot', 'yaml', 'semver', 'string-width', 'mdast', 'mdast-util-*', 'micromark-*'],
	},
];

type SourceFile = {name: string; text: string};

function below(folder: string): string {
	return `${folder}/**`;
}

function fits(pattern: string, name: string): boolean {
	return pattern === 'node:' ? name.startsWith('node:') : path.matchesGlob(name, pattern);
}

/** @returns `engine/a.ts imports adapters/b.ts` for each that may not */
function wrongArrows({name, text}: SourceFile): string[] {
	const {may = []} = arrows.find(({from}) => fits(from, name)) ?? {};
	return importsIn(text)
		.map(({target, typeOnly}) => ({
			typeOnly,
			to: target.startsWith('.')
				? path.posix.join(path.posix.dirname(name), target).replace('../package.json', 'package.json')
				: target,
		}))
		.filter(
			({to, typeOnly}) =>
				!may.some(each => (each.startsWith('type ') ? typeOnly && fits(each.slice(5), to) : fits(each, to))),
		)
		.map(({to}) => `${name} imports ${to}`);
}

function linesOf({text}: SourceFile): number {
	return text.trimEnd().split('\n').length;
}

/** Code without what comments and plain strings say. */
function codeOf({text}: SourceFile): string {
	return text
		.replace(/\/\*[\s\S]*?\*\//g, '')
		.replace(/(^|\s)\/\/.*$/gm, '')
		.replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

let files: SourceFile[];

beforeAll(async () => {
	const names = (await readdir(root, {recursive: true})).filter(name => /\.tsx?$/.test(name)).sort();
	files = await Promise.all(names.map(async name => ({name, text: await readFile(path.join(root, name), 'utf8')})));
});

describe('the arrows of the house', () => {
	it('every file has its place in them', () => {
		expect(files.length).toBeGreaterThan(200);
		expect(files.filter(({name}) => !arrows.some(({from}) => fits(from, name))).map(({name}) => name)).toEqual([]);
	});

	it('nothing imports against them', () => {
		expect(files.flatMap(wrongArrows)).toEqual([]);
	});

	it('only cli.ts touches the process', () => {
		// The pretend host's docker and git are a program of their own.
		const allowed = ['cli.ts', 'drills/fake-builder.ts', 'drills/programs/**'];
		const touching = files.filter(file =>
			/\bprocess\.(env|argv|cwd|exit|exitCode|std\w+|on|once)\b/.test(codeOf(file)),
		);

		expect(touching.map(({name}) => name).filter(name => !allowed.some(each => fits(each, name)))).toEqual([]);
	});

	it('the domain knows no clock, no randomness and no Node', () => {
		const impure =
			/\b(Date\.now\(|new Date\(\)|Math\.random|performance\.|process\.|Buffer\b|setTimeout|setInterval|fetch\()/;
		const domain = files.filter(({name}) => name.startsWith('domain/'));

		expect(domain.filter(file => impure.test(codeOf(file))).map(({name}) => name)).toEqual([]);
	});

	it(`no file is longer than ${mostLines} lines`, () => {
		const long = files.filter(file => linesOf(file) > mostLines);

		expect(long.map(file => `${file.name}: ${linesOf(file)}`)).toEqual([]);
	});

	it('only named things are exported', () => {
		expect(files.filter(file => /^export default /m.test(file.text)).map(({name}) => name)).toEqual([]);
	});
});

describe('the eye that watches them', () => {
	it('sees imports, exports from elsewhere and dynamic imports, over lines and in types', () => {
		const text = [
			"import {a} from './a.ts';",
			"import b, {\n\ttype c,\n} from 'undici';",
			"import type {d} from '../d.ts';",
			"export * from './e.ts';",
			"export type {f} from './f.ts';",
			"import './g.ts';",
			"const h = await import('./h.ts');",
			"type I = import('./i.ts').I;",
			"// import {j} from './j.ts';",
			'const text = \'import {k} from "./k.ts"\';',
		].join('\n');

		expect(importsIn(text)).toEqual([
			{target: './a.ts', typeOnly: false},
			{target: 'undici', typeOnly: false},
			{target: '../d.ts', typeOnly: true},
			{target: './e.ts', typeOnly: false},
			{target: './f.ts', typeOnly: true},
			{target: './g.ts', typeOnly: false},
			{target: './h.ts', typeOnly: false},
			{target: './i.ts', typeOnly: true},
		]);
	});

	it.each([
		['domain/a.ts', "import {readFile} from 'node:fs';"],
		['domain/a.ts', "export {b} from '../engine/b.ts';"],
		['engine/a.ts', "const {b} = await import('../adapters/ssh/b.ts');"],
		['adapters/ssh/a.ts', "import {b} from '../storage/b.ts';"],
		['adapters/ssh/a.ts', "import {b} from '../../engine/session.ts';"],
		['adapters/storage/a.ts', "import ssh2 from 'ssh2';"],
		['adapters/ssh/a.ts', "import {request} from 'undici';"],
		['drills/a.ts', "import {b} from '../adapters/registry/b.ts';"],
		['plain/a.ts', "import {Box} from 'ink';"],
		['ui/a.tsx', "import {open} from 'node:fs/promises';"],
		['incidents/a.ts', "import {check} from '../commands/check.ts';"],
		['incidents/a.ts', "import {Invocation} from '../invocation.ts';"],
		['wiring/a.ts', "import {lead} from '../incidents/lead.ts';"],
		['commands/a.ts', "import {useInput} from 'ink';"],
		['commands/a.ts', "import {runProgram} from '../program.ts';"],
		['program.ts', "import './cli.ts';"],
	])('is not blind: %s must not say %s', (name, text) => {
		expect(wrongArrows({name, text})).toHaveLength(1);
	});
});
