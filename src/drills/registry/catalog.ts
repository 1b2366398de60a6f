import {readdir} from 'node:fs/promises';
import path from 'node:path';
import type {Store} from '../images/store.ts';
import {type Dialect, jsonType} from './dialect.ts';
import type {Exchange} from './exchange.ts';
import {ignoreMissing} from './files.ts';
import {Refusal} from './refusal.ts';

const defaultEntries = 100;
const maximumEntries = 1000;

/** @see distribution v2.8.3 registry/handlers/catalog.go */
export async function listCatalog({response, url, store, dialect}: Exchange): Promise<void> {
	const asked = /^[+-]?\d+$/.test(url.searchParams.get('n') ?? '') ? Number(url.searchParams.get('n')) : -1;

	if (asked > maximumEntries) {
		throw new Refusal({code: 'PAGINATION_NUMBER_INVALID', detail: {n: asked}});
	}

	const entries = asked >= 0 ? asked : defaultEntries;
	const last = url.searchParams.get('last') ?? '';
	const all = (await repositoriesOf(store, dialect)).filter(name => compareNames(name, last) > 0);
	const repositories = all.slice(0, entries);
	const hasMore = entries > 0 && repositories.length === entries;
	const query = new URLSearchParams({last: repositories.at(-1) ?? '', n: String(entries)});
	sendJson({response, dialect}, {repositories}, hasMore ? {Link: `<${url.pathname}?${query}>; rel="next"`} : {});
}

/** 2.8 sends all tags in one page. */
export async function listTags({response, repository, store, dialect}: Exchange): Promise<void> {
	const folder = path.dirname(store.tagFolder(repository, 'any'));
	const tags = await readdir(folder).catch(ignoreMissing);

	if (tags === undefined) {
		throw new Refusal({code: 'NAME_UNKNOWN', detail: {name: repository}});
	}

	sendJson(
		{response, dialect},
		{name: repository, tags: tags.length === 0 ? null : dialect === '3.1' ? tags.sort() : tags},
	);
}

/** Every folder with `_layers` (3.1: `_manifests`) is a repository; names nest. In the order of the registry's walk. */
export async function repositoriesOf(store: Store, dialect: Dialect = '2.8'): Promise<string[]> {
	const sign = dialect === '2.8' ? '_layers' : '_manifests';
	const root = path.join(store.base, 'repositories');
	const found: string[] = [];

	async function walk(name: string): Promise<void> {
		const entries = (await readdir(path.join(root, name), {withFileTypes: true}).catch(ignoreMissing)) ?? [];
		const folders = entries.filter(entry => entry.isDirectory()).map(entry => entry.name);

		if (name !== '' && folders.includes(sign)) {
			found.push(name);
		}

		for (const folder of folders.filter(folder => !folder.startsWith('_'))) {
			await walk(path.posix.join(name, folder));
		}
	}

	await walk('');
	return found.sort(compareNames);
}

/** `/` sorts before everything else: `a/b` comes before `a-b`. @see registry/storage/catalog.go, lessPath */
function compareNames(a: string, b: string): number {
	const [left, right] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
	return left < right ? -1 : Number(left > right);
}

function sendJson(
	{response, dialect}: Pick<Exchange, 'response' | 'dialect'>,
	document: unknown,
	headers: Record<string, string> = {},
): void {
	const body = `${JSON.stringify(document)}\n`;
	response.writeHead(200, {
		...headers,
		'Content-Type': jsonType(dialect),
		'Content-Length': Buffer.byteLength(body),
	});
	response.end(body);
}
