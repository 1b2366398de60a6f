import {describe, expect, it} from 'vitest';
import {reportScan} from '../../../src/commands/scan/report.ts';
import {type ScannedStore, type ScanStoresOptions, scanStores} from '../../../src/commands/scan/stores.ts';
import {emptyConfiguration, parseConfiguration} from '../../../src/domain/configuration.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Finding, Scan} from '../../../src/domain/storage/findings/finding.ts';
import {createRedaction} from '../../../src/domain/text/redaction.ts';
import type {Invocation} from '../../../src/invocation.ts';

const counts = {repositories: 1, tags: 2, indexes: 3, links: 4, blobs: 5};
const noStore = () =>
	new OperatorError('storage.no-root', 'It holds no store.', {hint: 'Look.', exit: 'configuration'});
const scanOf = (root: string, more: Partial<Scan> = {}): Scan => ({
	root,
	complete: true,
	gaps: [],
	counts,
	findings: [],
	...more,
});
const finding: Finding = {
	kind: 'layer-missing',
	repository: 'app',
	tags: ['latest'],
	via: [],
	missing: [],
	remedy: 'rebuild',
	detail: '',
};

type StoreFound = Awaited<ReturnType<ScanStoresOptions['findStores']>>['stores'][number];

function scan(stores: StoreFound[], more: Partial<ScanStoresOptions> = {}) {
	return scanStores({
		location: {ssh: 'vm', root: '/srv'},
		configuration: emptyConfiguration,
		named: undefined,
		findStores: async () => ({stores, gaps: []}),
		scanStore: async root => {
			if (root === '/srv') {
				throw noStore();
			}

			return scanOf(root);
		},
		...more,
	});
}

describe('a folder with several stores below it', () => {
	it('is scanned store by store; each role is from the configuration, or else from the registry’s own file', async () => {
		const configuration = parseConfiguration(
			'registries:\n  b: {url: "https://b.example", role: authoritative, storage: {ssh: vm, root: /srv/b/}}\n',
			'regmedic.yaml',
		);
		const found: StoreFound[] = [
			{root: '/srv/a', role: 'cache', saidBy: '/srv/a.yml'},
			{root: '/srv/b', role: 'cache'},
			{root: '/srv/c'},
		];

		const {stores} = await scan(found, {configuration});

		expect(stores.map(({root, role, saidBy}) => [root, role, saidBy])).toEqual([
			['/srv/a', 'cache', '/srv/a.yml'],
			['/srv/b', 'authoritative', undefined],
			['/srv/c', 'authoritative', undefined],
		]);
	});

	it('is searched for stores only where it is not a store itself', async () => {
		const {stores} = await scan([], {
			scanStore: async root => scanOf(root),
			findStores: () => Promise.reject(new Error('not asked')),
		});

		expect(stores).toMatchObject([{root: '/srv', role: 'authoritative'}]);
	});

	it('is no store where it holds none', async () => {
		await expect(scan([])).rejects.toThrow('It holds no store.');
	});

	it('keeps the findings of the other stores where one cannot be read', async () => {
		const refused = await scan([{root: '/srv/a'}, {root: '/srv/b'}], {
			async scanStore(root) {
				if (root !== '/srv/b') {
					throw new OperatorError('storage.denied', `${root} may not be entered.`, {hint: 'Ask.', exit: 'refused'});
				}

				return scanOf(root, {findings: [finding]});
			},
			location: {ssh: 'vm', root: '/srv'},
			findStores: async () => ({stores: [{root: '/srv/a'}, {root: '/srv/b'}], gaps: []}),
		}).catch(error => error);

		// The base itself was refused: nobody knows whether it holds stores.
		expect(refused).toBeInstanceOf(OperatorError);

		const {stores: below} = await scan([{root: '/srv/a'}, {root: '/srv/b'}], {
			async scanStore(root) {
				if (root === '/srv') {
					throw noStore();
				}

				if (root === '/srv/a') {
					throw new OperatorError('storage.denied', 'It may not be entered.', {hint: 'Ask.', exit: 'refused'});
				}

				return scanOf(root, {findings: [finding]});
			},
		});
		expect(below).toMatchObject([
			{root: '/srv/a', scan: {complete: false, gaps: ['It may not be entered. Ask.'], findings: []}},
			{root: '/srv/b', scan: {findings: [finding]}},
		]);
	});
});

describe('the report of several stores', () => {
	const stores: ScannedStore[] = [
		{root: '/srv/a', role: 'cache', saidBy: '/srv/a.yml', scan: scanOf('/srv/a')},
		{
			root: '/srv/b',
			role: 'authoritative',
			scan: scanOf('/srv/b', {findings: [finding], complete: false, gaps: ['x']}),
		},
	];

	function report(json: boolean, told = stores, gaps: string[] = []) {
		const printed: string[] = [];
		const invocation = {
			flags: {json},
			terminal: {columns: () => undefined},
			redaction: createRedaction(),
			print: (text: string) => void printed.push(text),
		} as unknown as Invocation;
		return {
			code: reportScan({stores: told, gaps}, {base: '/srv', host: undefined, invocation}),
			text: printed.join(''),
		};
	}

	it('has a heading for each store, with its role and the source of the role', () => {
		const {code, text} = report(false);

		expect(code).toBe(3);
		expect(text.split('\n').filter(line => line.startsWith('=='))).toEqual([
			'== /srv/a (cache, according to /srv/a.yml) ==',
			'== /srv/b (authoritative) ==',
		]);
	});

	it('is one JSON document: the sum of all stores, and each store by itself', () => {
		expect(JSON.parse(report(true).text)).toMatchObject({
			schema: 'regmedic.scan/1',
			root: '/srv',
			complete: false,
			gaps: ['/srv/b: x'],
			counts: {repositories: 2, tags: 4, indexes: 6, links: 8, blobs: 10},
			findings: [{...finding, store: '/srv/b'}],
			stores: [
				{root: '/srv/a', role: 'cache', saidBy: '/srv/a.yml', complete: true, findings: []},
				{root: '/srv/b', role: 'authoritative', complete: false, findings: [finding]},
			],
		});
	});

	it('is incomplete where a folder that could not be read may hold another store', () => {
		const [whole] = stores;
		const {code, text} = report(false, [whole!], ['this user may not read /srv/x']);

		expect(code).toBe(8);
		expect(text).toMatch(/^INCOMPLETE: this user may not read \/srv\/x; another store may be there\./);
		expect(JSON.parse(report(true, [whole!], ['x']).text)).toMatchObject({complete: false, gaps: ['x']});
	});

	it('exits as the worst store: broken, then incomplete, then healthy; a warning alone is healthy', () => {
		const [whole, broken] = stores;
		const partial = {...whole!, scan: scanOf('/srv/a', {complete: false})};
		const warned = {...whole!, scan: scanOf('/srv/a', {risks: []})};

		expect([
			report(true, [partial, broken!]).code,
			report(true, [whole!, partial]).code,
			report(true, [whole!, warned]).code,
		]).toEqual([3, 8, 0]);
	});
});
