import {expect, test} from 'vitest';
import {connect, listen, specError} from '../server.ts';

const {signal} = new AbortController();

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

test('an unknown repository is undefined, and one whose list is null is empty', async () => {
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

test.each([
	['a page on another host', '<http://registry.acme.example/v2/x>; rel="next"', 'registry.redirected'],
	['a page that is itself the next', '</v2/acme/app/tags/list>; rel="next"', 'registry.endless-list'],
])('%s is not followed', async (_, link, code) => {
	await using server = await listen((_, response) => response.writeHead(200, {link}).end('{"tags":[]}'));
	await using registry = connect(server);

	await expect(registry.tags('acme/app', {signal})).rejects.toMatchObject({code});
	expect(server.requests.length).toBeLessThan(4);
});

test.each(['', '[]', '{"tags":[1]}', 'null', 'welcome'])('%j is not a list of tags', async body => {
	await using server = await listen((_, response) => response.end(body));
	await using registry = connect(server);

	await expect(registry.tags('acme/app', {signal})).rejects.toMatchObject({code: 'registry.not-a-registry'});
});
