import path from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {filesWithoutArrow, importsAgainstArrows} from './support/arrows.ts';
import * as rules from './support/house-rules.ts';
import {importsIn} from './support/imports.ts';
import {readSources, type SourceFile, unusedExports} from './support/source-graph.ts';

let house: SourceFile[];

beforeAll(async () => {
	house = await readSources(path.resolve(import.meta.dirname, '../src'));
});

type Rule = (files: readonly SourceFile[]) => string[];

const one = (name: string, text: string): SourceFile[] => [{name, text}];

/** Each rule with sources that break it, one violation each, and with sources that only look as if they did. */
const table: {rule: string; violations: Rule; broken: SourceFile[][]; fine?: SourceFile[][]}[] = [
	{
		rule: 'every file has a place in the arrows',
		violations: filesWithoutArrow,
		broken: [one('utils/a.ts', ''), one('adapters/other/a.ts', '')],
	},
	{
		rule: 'nothing imports against the arrows, types included',
		violations: importsAgainstArrows,
		broken: [
			one('domain/a.ts', "import {readFile} from 'node:fs';"),
			one('domain/a.ts', "export {b} from '../engine/b.ts';"),
			one('domain/a.ts', "import type {B} from '../engine/ports/b.ts';"),
			one('engine/a.ts', "const {b} = await import('../adapters/ssh/b.ts');"),
			one('engine/a.ts', "type B = import('../plain/b.ts').B;"),
			one('engine/a.ts', "import {setTimeout} from 'node:timers';"),
			one('engine/ports/a.ts', "import type {B} from '../session/b.ts';"),
			one('engine/ports/a.ts', "import {b} from '../../domain/b.ts';"),
			one('adapters/ssh/a.ts', "import {b} from '../storage/b.ts';"),
			one('adapters/ssh/a.ts', "import type {Session} from '../../engine/session/session.ts';"),
			one('adapters/storage/a.ts', "import ssh2 from 'ssh2';"),
			one('adapters/ssh/a.ts', "import {request} from 'undici';"),
			one('drills/a.ts', "import {b} from '../adapters/registry/b.ts';"),
			one('drills/a.ts', "import type {B} from '../engine/ports/b.ts';"),
			one('plain/a.ts', "import {Box} from 'ink';"),
			one('plain/a.ts', "import {b} from '../ui/b.ts';"),
			one('ui/a.tsx', "import {b} from '../plain/b.ts';"),
			one('ui/a.tsx', "import {open} from 'node:fs/promises';"),
			one('wiring/a.ts', "import {lead} from '../incidents/lead.ts';"),
			one('wiring/a.ts', "import {b} from '../drills/b.ts';"),
			one('incidents/a.ts', "import {check} from '../commands/check.ts';"),
			one('incidents/a.ts', "import {Invocation} from '../invocation.ts';"),
			one('commands/a.ts', "import {useInput} from 'ink';"),
			one('commands/a.ts', "import {runProgram} from '../program.ts';"),
			one('program.ts', "import './cli.ts';"),
			one('program.ts', "import {b} from './incidents/b.ts';"),
		],
		fine: [
			one('engine/a.ts', "// import {b} from '../adapters/ssh/b.ts';"),
			one('incidents/a.ts', "import type {Invocation} from '../invocation.ts';"),
			one('adapters/ssh/a.ts', "import type {Shell} from '../../engine/ports/shell.ts';"),
		],
	},
	{
		rule: 'no files import each other in a circle, types included',
		violations: rules.circles,
		broken: [
			[
				{name: 'domain/a.ts', text: "import {b} from './b.ts';"},
				{name: 'domain/b.ts', text: "import type {A} from './a.ts';"},
			],
			[
				{name: 'domain/a.ts', text: "import type {B} from './below/b.ts';"},
				{name: 'domain/below/b.ts', text: "export * from '../c.ts';"},
				{name: 'domain/c.ts', text: "type A = import('./a.ts').A;"},
			],
			one('domain/a.ts', "import {a} from './a.ts';"),
		],
		fine: [
			[
				{name: 'domain/a.ts', text: "import {b} from './b.ts';\nimport {c} from './c.ts';"},
				{name: 'domain/b.ts', text: "import {c} from './c.ts';"},
				{name: 'domain/c.ts', text: ''},
			],
		],
	},
	{
		rule: 'only ui knows ink and react, only adapters undici and execa, only ssh and drills ssh2',
		violations: rules.strangersToPackages,
		broken: [
			one('plain/a.ts', "import {Text} from 'ink';"),
			one('commands/a.ts', "import type {ReactNode} from 'react';"),
			one('incidents/a.ts', "import {jsx} from 'react/jsx-runtime';"),
			one('wiring/a.ts', "const {Agent} = await import('undici');"),
			one('drills/a.ts', "import {execa} from 'execa';"),
			one('adapters/builder/a.ts', "import {Client} from 'ssh2';"),
		],
		fine: [one('ui/a.tsx', "import {Text} from 'ink';"), one('drills/ssh/a.ts', "import ssh2 from 'ssh2';")],
	},
	{
		rule: 'only cli.ts touches the process',
		violations: rules.touchersOfProcess,
		broken: [
			one('engine/a.ts', 'const home = process.env.HOME;'),
			one('adapters/ssh/a.ts', "import {kill} from 'node:process';"),
			one('adapters/ssh/a.ts', "import process from 'process';"),
			one('wiring/a.ts', 'globalThis.process.exit(1);'),
			one('wiring/a.ts', "globalThis['process'].exit(1);"),
			one('wiring/a.ts', "process['exit'](1);"),
			one('plain/a.ts', 'const {stdout} = process;'),
			one('plain/a.ts', 'write(process, 1);'),
			one('drills/ssh/a.ts', 'process.kill(1);'),
			one('incidents/a.ts', ['const id = `$', '{process.pid}`;'].join('')),
		],
		fine: [
			one('cli.ts', 'process.exitCode = 1;'),
			one('drills/programs/a.ts', 'process.exitCode = 1;'),
			one('plain/a.ts', "say('Another process. It holds the lock.'); // process.env"),
			one('adapters/a.ts', 'const {process} = running; running.process.kill(); processes.kill(1);'),
		],
	},
	{
		rule: 'the domain knows no clock, no randomness and no Node',
		violations: rules.impureDomain,
		broken: [
			one('domain/a.ts', 'const now = Date.now();'),
			one('domain/a.ts', 'const now = new Date();'),
			one('domain/a.ts', 'const dice = Math.random();'),
			one('domain/a.ts', 'const bytes = Buffer.from(text);'),
			one('domain/a.ts', 'setTimeout(act, 5);'),
			one('domain/a.ts', 'await fetch(url);'),
		],
		fine: [one('engine/a.ts', 'setTimeout(act, 5);'), one('domain/a.ts', 'const day = new Date(text);')],
	},
	{
		rule: 'no file is longer than 250 lines',
		violations: rules.longFiles,
		broken: [one('domain/a.ts', 'x\n'.repeat(251))],
		fine: [one('domain/a.ts', 'x\n'.repeat(250))],
	},
	{
		rule: 'every export has a name',
		violations: rules.defaultExports,
		broken: [one('domain/a.ts', 'export default 1;'), one('domain/a.ts', 'export {a as default};')],
		fine: [one('domain/a.ts', 'export {a as b};')],
	},
];

describe('the house', () => {
	it('was read', () => {
		expect(house.length).toBeGreaterThan(150);
	});

	it.each(table)('$rule', ({violations}) => {
		expect(violations(house)).toEqual([]);
	});

	it('every export is imported by another file or by a test', async () => {
		const tests = await readSources(import.meta.dirname);
		const inRepository = (folder: string, files: readonly SourceFile[]) =>
			files.map(({name, text}) => ({name: `${folder}/${name}`, text}));
		const files = inRepository('src', house);

		expect(unusedExports(files, [...files, ...inRepository('test', tests)])).toEqual([]);
	});
});

describe('each rule of the house is broken by a broken example', () => {
	const examples = table.flatMap(({rule, violations, broken, fine = []}) => [
		...broken.map(files => ({rule, violations, files, count: 1})),
		...fine.map(files => ({rule, violations, files, count: 0})),
	]);

	it.each(examples.map(example => ({...example, says: sayFiles(example.files)})))(
		'$rule: $count in $says',
		({violations, files, count}) => {
			expect(violations(files)).toHaveLength(count);
		},
	);

	it('an export that no file imports is an unused one', () => {
		const files = [
			{name: 'a.ts', text: 'export const one = 1;\nexport type Two = 2;\nconst three = 3;\nexport {three as four};'},
			{name: 'b.ts', text: "import {one} from './a.ts';\nexport function five() {}"},
			{name: 'c.ts', text: "const {four} = await import('./a.ts');\nconst five = one;"},
		];

		expect(unusedExports(files, files)).toEqual(['a.ts: Two', 'b.ts: five']);
	});

	it('imports are seen over lines, in types, and where a file passes them on', () => {
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
});

function sayFiles(files: readonly SourceFile[]): string {
	return files.map(({name, text}) => `${name}: ${text.slice(0, 60).replaceAll('\n', ' ')}`).join(' + ');
}
