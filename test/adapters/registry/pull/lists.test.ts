import {expect, test} from 'vitest';
import {connect, listen, specError, specified} from '../server.ts';

const {signal} = new AbortController();

async function all(registry: ReturnType<typeof connect>): Promise<string[]> {
	const names: string[] = [];
	for await (const name of registry.repositories({signal})) {
		names.push(name);
	}

	return names;
}

test('a page of the catalogue is only requested when the one before is used up', async () => {
	await using server = await listen((request, response) => {
		const last = new URL(request.url!, 'http://acme.example').searchParams.get('last');
		const [repositories, next] = last === null ? [['a', 'b'], 'b'] : last === 'b' ? [['c'], 'c'] : [['d'], undefined];
		response
			.writeHead(200, next ? {link: `</v2/_catalog?last=${next}&n=1000>; rel="next"`} : {})
			.end(JSON.stringify({repositories}));
	});
	await using registry = connect(server);
	const asked: number[] = [];

	for await (const name of registry.repositories({signal})) {
		asked.push(server.requests.length);
		if (name === 'c') {
			break;
		}
	}

	expect(asked).toEqual([1, 1, 2]);
	expect(server.requests[0]!.url).toBe('/v2/_catalog?n=1000');
});

test('an empty catalogue is a valid response', async () => {
	await using server = await listen((_, response) => response.end('{"repositories":null}'));
	await using registry = connect(server);

	expect(await all(registry)).toEqual([]);
});

test.each([
	[400, specError('PAGINATION_NUMBER_INVALID', 'invalid number of results requested')],
	[400, ''],
	[416, specError('RANGE_INVALID', 'too many')],
	[422, '{"detail":"n must be at most 500"}'],
])('a registry that refuses n=1000 with %i is asked for pages of its own length', async (status, body) => {
	await using server = await listen((request, response) => {
		if (request.url!.includes('n=1000')) {
			response.writeHead(status).end(body);
		} else {
			response.end(request.url!.includes('last') ? '{"repositories":[]}' : '{"repositories":["acme/app"]}');
		}
	});
	await using registry = connect(server);

	expect(await all(registry)).toEqual(['acme/app']);
	expect(server.requests.map(({url}) => url)).toEqual([
		'/v2/_catalog?n=1000',
		'/v2/_catalog',
		'/v2/_catalog?last=acme%2Fapp',
	]);
});

test.each([
	[404, specError('NOT_FOUND', 'not found')],
	[404, '404 page not found'],
	[405, specError('UNSUPPORTED', 'The operation is unsupported.')],
	[405, '<html>Not Allowed</html>'],
	[400, specError('UNSUPPORTED', 'The operation is unsupported.')],
	[501, ''],
])('%i %s means that there is no catalogue', async (status, body) => {
	await using server = await listen((_, response) => response.writeHead(status).end(body));
	await using registry = connect(server);

	await expect(all(registry)).rejects.toMatchObject({code: 'registry.no-catalogue', exit: 'failed'});
	expect(server.requests).toHaveLength(1);
});

test.each([
	[400, specError('NAME_INVALID', 'no'), 'registry.unexpected-answer'],
	[401, '', 'registry.unauthorized'],
	[403, '', 'registry.forbidden'],
	[200, '{"names":[]}', 'registry.not-a-registry'],
	[200, '<html>Log in</html>', 'registry.not-a-registry'],
	[500, specError('UNKNOWN', 'disk'), 'registry.failing'],
])('%i %s is never an empty catalogue', async (status, body, code) => {
	await using server = await listen((_, response) => response.writeHead(status).end(body));
	await using registry = connect(server);

	await expect(all(registry)).rejects.toMatchObject({code});
	// Without n=1000, and once more.
	expect(server.requests).toHaveLength(status === 500 || status === 400 ? 2 : 1);
});

test('a list whose pages form a loop ends with an error', async () => {
	let page = 0;
	await using server = await listen((_, response) => {
		page++;
		response
			.writeHead(200, {link: `</v2/_catalog?last=${page < 5 ? page : 5 + (page % 3)}>; rel="next"`})
			.end('{"repositories":["a"]}');
	});
	await using registry = connect(server);

	await expect(all(registry)).rejects.toMatchObject({code: 'registry.endless-list'});
	expect(server.requests.length).toBeLessThan(20);
});

test('a next page on another host is requested from the registry, and that host gets neither request nor credentials', async () => {
	await using other = await listen((_, response) => response.end('{"repositories":["x"]}'));
	await using server = await listen((request, response) => {
		if (request.url === '/v2/_catalog?last=a') {
			response.writeHead(200, specified).end('{"repositories":[]}');
		} else {
			response
				.writeHead(200, {link: `<https://${other.host}/v2/_catalog?last=a>; rel="next"`})
				.end('{"repositories":["a"]}');
		}
	});
	await using registry = connect(server, {credentials: async () => ({username: 'nora', password: 'secret'})});

	expect(await all(registry)).toEqual(['a']);
	expect(server.requests).toHaveLength(2);
	expect(other.requests).toHaveLength(0);
});

test('a next page that does not exist is not the end of the list', async () => {
	await using server = await listen((request, response) => {
		if (request.url!.includes('last')) {
			response.writeHead(404).end(specError('NAME_UNKNOWN', 'repository name not known to registry'));
		} else {
			response.writeHead(200, {link: '<?last=a>; rel="next"'}).end('{"repositories":["a"],"tags":["a"]}');
		}
	});
	await using registry = connect(server);

	await expect(all(registry)).rejects.toMatchObject({code: 'registry.no-catalogue'});
	await expect(registry.tags('acme/app', {signal})).rejects.toMatchObject({code: 'registry.list-cut-off'});
});

test('all pages of a list are read', async () => {
	await using server = await listen((request, response) => {
		const last = new URL(request.url!, 'http://acme.example').searchParams.get('last') ?? '';
		const pages: Record<string, {tags: string[]; next?: string}> = {
			'': {tags: ['a', 'b'], next: '/v2/acme/app/tags/list?last=b&n=2'},
			b: {tags: ['c'], next: `http://${server.host}/v2/acme/app/tags/list?last=c&n=2`},
			c: {tags: []},
		};
		const {tags, next} = pages[last]!;
		response.writeHead(200, next ? {link: `<${next}>; rel="next"`} : {}).end(JSON.stringify({name: 'acme/app', tags}));
	});
	await using registry = connect(server);

	expect(await registry.tags('acme/app', {signal})).toEqual(['a', 'b', 'c']);
	expect(server.requests).toHaveLength(3);
});

test('an unknown repository gives undefined, and a null list gives no tags', async () => {
	await using server = await listen((request, response) => {
		if (request.url!.includes('none')) {
			response.writeHead(404).end(specError('NAME_UNKNOWN', 'repository name not known to registry'));
		} else {
			response.end('{"name":"acme/app","tags":null}');
		}
	});
	await using registry = connect(server);

	expect(await registry.tags('acme/none', {signal})).toBeUndefined();
	expect(await registry.tags('acme/app', {signal})).toEqual([]);
});

test('a page that names itself as the next is a list without end', async () => {
	await using server = await listen((_, response) =>
		response.writeHead(200, {link: '</v2/acme/app/tags/list>; rel="next"'}).end('{"tags":[]}'),
	);
	await using registry = connect(server);

	await expect(registry.tags('acme/app', {signal})).rejects.toMatchObject({code: 'registry.endless-list'});
	expect(server.requests.length).toBeLessThan(4);
});

test.each(['', '[]', '{"tags":[1]}', 'null', 'welcome'])('%j is not a list of tags', async body => {
	await using server = await listen((_, response) => response.end(body));
	await using registry = connect(server);

	await expect(registry.tags('acme/app', {signal})).rejects.toMatchObject({code: 'registry.not-a-registry'});
});
