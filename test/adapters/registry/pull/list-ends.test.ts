import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {tries} from '../../../support/sweep.ts';
import {connect, listen, specError, specified} from '../server.ts';

const {signal} = new AbortController();

type ListServer = {
	names: string[];
	/** Names a page, unless it is asked for fewer. */
	page: number;
	/** What it does where more are asked for. */
	above: 'refuse' | 'limit';
	/** Undefined: a proxy takes the header away. */
	link: ((target: string) => string) | undefined;
	/** Sends everything each time. */
	ignoresLast?: boolean;
	isSpecified: boolean;
};

/** Serves its names as the catalogue and as the tags of every repository. */
async function serve({names, page, above, link, ignoresLast = false, isSpecified}: ListServer) {
	return listen((request, response) => {
		const {pathname, searchParams} = new URL(request.url!, 'http://acme.example');
		const n = Number(searchParams.get('n') ?? page);
		if (n > page && above === 'refuse') {
			response.writeHead(400, specified).end(specError('PAGINATION_NUMBER_INVALID', 'invalid number of results'));
			return;
		}

		const rest = ignoresLast ? names : names.filter(name => name > (searchParams.get('last') ?? ''));
		const sent = ignoresLast ? rest : rest.slice(0, Math.min(n, page));
		const query = new URLSearchParams({last: sent.at(-1) ?? '', n: String(Math.min(n, page))});
		const next = sent.length < rest.length ? link?.(`${pathname}?${query}`) : undefined;
		response
			.writeHead(200, {...(isSpecified && specified), ...(next !== undefined && {link: next})})
			.end(JSON.stringify({[pathname.endsWith('_catalog') ? 'repositories' : 'tags']: sent}));
	});
}

/** The repositories and the tags; the code of the error instead where listing them fails. */
async function listBoth(server: {host: string}) {
	await using registry = connect(server);
	return Promise.all([
		namesOf(registry).catch(error => error.code),
		registry.tags('acme/app', {signal}).catch(error => error.code),
	]);
}

async function namesOf(registry: ReturnType<typeof connect>): Promise<string[]> {
	const names = new Set<string>();
	for await (const name of registry.repositories({signal})) {
		names.add(name);
	}

	return [...names];
}

const five = ['a', 'b', 'c', 'd', 'e'];
const usual = (target: string) => `<${target}>; rel="next"`;
const pagesOfTwo = {names: five, page: 2, above: 'limit', isSpecified: false} as const;

describe('the end of a list', () => {
	test.each([
		['relative', usual],
		['relative to the page', (target: string) => `<?${target.split('?')[1]}>; rel="next"`],
		['absolute', (target: string) => `<http://127.0.0.1:1${target}>; rel="next"`],
		['of another scheme, host and port', (target: string) => `<https://registry.internal:5000${target}>; rel="next"`],
		['without a scheme', (target: string) => `<//registry.internal${target}>; rel="next"`],
		['with a user, and a fragment', (target: string) => `<http://nora:x@registry${target}#top>; rel="next"`],
		['without brackets', (target: string) => `${target}; rel="next"`],
		['in single quotes', (target: string) => `<${target}>; rel='next'`],
		['among others', (target: string) => `</v2/>; rel="first", <${target}>; title="b, c"; rel=next`],
		['taken away', undefined],
	])('is found where the link is %s', async (_, link) => {
		await using server = await serve({...pagesOfTwo, link});

		expect(await listBoth(server)).toEqual([five, five]);
	});

	test.each([
		['no link at all', () => 'next'],
		['a link without a relation', (target: string) => `<${target}>`],
		['a link of another kind', (target: string) => `<ftp://registry${target}>; rel="next"`],
		['a link that cannot be an address', () => '<http://[>; rel="next"'],
	])('is not taken from a header with %s: that is an error', async (_, link) => {
		await using server = await serve({...pagesOfTwo, link});

		expect(await listBoth(server)).toEqual(['registry.list-unreadable', 'registry.list-unreadable']);
	});

	test('costs a registry no request that follows the specification and sends its links', async () => {
		await using server = await serve({...pagesOfTwo, link: usual, isSpecified: true});
		await using whole = await serve({...pagesOfTwo, page: 1000, link: usual, isSpecified: true});

		await listBoth(server);
		await listBoth(whole);

		expect(server.requests).toHaveLength(6);
		expect(whole.requests).toHaveLength(2);
	});

	test('of a page as long as was asked for is not believed without a link', async () => {
		const names = Array.from({length: 1001}, (_, n) => `app-${String(n).padStart(4, '0')}`);
		await using server = await serve({names, page: 1000, above: 'refuse', link: undefined, isSpecified: true});
		await using registry = connect(server);
		const list = registry.repositories({signal});

		let step = await list.next();
		let count = 0;
		for (; !step.done; step = await list.next()) {
			count++;
		}

		expect(count).toBe(1001);
		expect(step.value).toMatchObject({pages: 2, furtherRequests: 1});
	});

	test('is reached once where a registry ignores `last` and sends everything again', async () => {
		await using server = await serve({...pagesOfTwo, link: undefined, ignoresLast: true});

		expect(await listBoth(server)).toEqual([five, five]);
		expect(server.requests.map(({url}) => url).toSorted()).toEqual([
			'/v2/_catalog?last=e&n=1000',
			'/v2/_catalog?n=1000',
			'/v2/acme/app/tags/list',
			'/v2/acme/app/tags/list?last=e',
		]);
	});

	test('is not known where the registry refuses to go on', async () => {
		await using server = await listen((request, response) =>
			request.url!.includes('last')
				? response.writeHead(403).end(specError('DENIED', 'no'))
				: response.end('{"repositories":["a"],"tags":["a"]}'),
		);

		expect(await listBoth(server)).toEqual(['registry.forbidden', 'registry.forbidden']);
	});

	const server = fc.record({
		names: fc.uniqueArray(fc.stringMatching(/^[a-c1-3][a-c1-3.-]{0,3}$/), {maxLength: 12}).map(names => names.sort()),
		page: fc.integer({min: 1, max: 6}),
		above: fc.constantFrom('refuse' as const, 'limit' as const),
		link: fc.constantFrom(
			usual,
			(target: string) => `<https://elsewhere${target}>; title=x; rel='prev next'`,
			(target: string) => `${target}; rel=next`,
			() => 'garbage',
			undefined,
		),
		ignoresLast: fc.boolean(),
		isSpecified: fc.boolean(),
	});

	test('is the end of the names, or an error, whatever the registry does', async () => {
		await fc.assert(
			fc.asyncProperty(server, async generated => {
				const {names, link, above, isSpecified} = generated;
				await using served = await serve(generated);

				const [repositories, tags] = await listBoth(served);

				// Who follows the specification sends fewer names than asked for only at the end or with a link, and
				// limits tags only with a link. A proxy that takes links away does not undo the first.
				if (!isSpecified || link !== undefined || above === 'refuse') {
					expect([names, 'registry.list-unreadable']).toContainEqual(repositories);
				}

				if (!isSpecified || link !== undefined) {
					expect([names, 'registry.list-unreadable']).toContainEqual(tags);
				}

				expect(served.requests.length).toBeLessThanOrEqual(2 * (generated.names.length + 3));
			}),
			{numRuns: tries(50)},
		);
	});
});
