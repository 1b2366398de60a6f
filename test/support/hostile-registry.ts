import {request} from 'node:http';
import {createServer, type Socket} from 'node:net';
import {setImmediate as turn} from 'node:timers/promises';
import {buildImage} from '../../src/drills/images/image.ts';
import {asItIs, mutations, type Numbers, type Reply} from './hostile-replies.ts';
import {numbersFrom} from './random-store.ts';

/** What is changed, in which response, and by which numbers. */
export type Hostility = {kind: string; target: Target; seed: number};

export const targets = [
	'catalogue',
	'tags',
	'tag',
	'child',
	'config',
	'layer',
	'token',
	'challenge',
	'upload',
	'piece',
	'commit',
	'put',
] as const;
export type Target = (typeof targets)[number];

export const image = buildImage({seed: 'hostile', platforms: ['linux/amd64'], attestations: false});
const [child] = image.manifests;
const parts = JSON.parse(child!.bytes.toString('utf8')) as {config: {digest: string}; layers: {digest: string}[]};
export const layer = image.blobs.find(({digest}) => digest === parts.layers[0]!.digest)!;

/** The paths below /v2/acme/app/ that a pull of the image needs, and the right bytes. */
const needed = [
	{path: 'manifests/latest', bytes: image.index.bytes},
	...image.manifests.map(({digest, bytes}) => ({path: `manifests/${digest}`, bytes})),
	...image.blobs.map(({digest, bytes}) => ({path: `blobs/${digest}`, bytes})),
];

/** A registry of two repositories with one image each. In `acme/app`, one kind of response is changed, each time in the same way. */
export async function hostileRegistry({kind, target, seed}: Hostility) {
	const sockets = new Set<Socket>();
	const server = createServer(socket => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket)).on('error', () => {});
		void serve(socket);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const host = `127.0.0.1:${(server.address() as {port: number}).port}`;
	let changed = 0;

	async function serve(socket: Socket): Promise<void> {
		let buffered = Buffer.alloc(0);
		for await (const data of received(socket)) {
			buffered = Buffer.concat([buffered, data]);
			for (;;) {
				const end = buffered.indexOf('\r\n\r\n');
				if (end === -1) {
					break;
				}

				const head = buffered.toString('latin1', 0, end);
				const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
				if (buffered.length < end + 4 + length) {
					break;
				}

				buffered = buffered.subarray(end + 4 + length);
				if (!(await answer(socket, head))) {
					return;
				}
			}
		}
	}

	/** @returns whether the connection goes on */
	async function answer(socket: Socket, head: string): Promise<boolean> {
		const [, method = '', path = ''] = /^(\S+) (\S+)/.exec(head) ?? [];
		const {is, reply} = respond(method, path, head, host, target);
		const mutate = is === target ? mutations[kind] : undefined;
		changed += mutate === undefined ? 0 : 1;
		const {pieces, end} = mutate === undefined ? asItIs(reply) : mutate(reply, numbersFrom(seed));
		const body = method === 'HEAD' ? pieces.slice(0, 1) : pieces;
		for (const piece of body) {
			if (socket.destroyed) {
				return false;
			}

			socket.write(piece);
			await turn();
		}

		if (end === 'reset') {
			socket.resetAndDestroy();
		} else if (end === 'close') {
			socket.end();
		}

		return end === 'keep';
	}

	return {
		host,
		/** How many responses were changed. */
		changed: () => changed,
		/** What Node's own client gets: whether every part of the image is served with its bytes. */
		isServedWhole: async () => (await Promise.all(needed.map(part => isServed(host, part)))).every(Boolean),
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) {
				socket.destroy();
			}

			await new Promise(resolve => server.close(resolve));
		},
	};
}

/** What arrives, also of a connection that is reset. */
async function* received(socket: Socket): AsyncGenerator<Buffer> {
	try {
		// After the last piece the socket may still have to be written to.
		for await (const data of socket.iterator({destroyOnReturn: false})) {
			yield data as Buffer;
		}
	} catch {
		// The client has gone.
	}
}

/** The right response, and which kind it is. */
function respond(
	method: string,
	path: string,
	head: string,
	host: string,
	target: Target,
): {is?: Target; reply: Reply} {
	const json = (is: Target | undefined, value: unknown): {is?: Target; reply: Reply} => ({
		...(is && {is}),
		reply: replyOf(200, 'application/json', Buffer.from(JSON.stringify(value))),
	});
	if (path.startsWith('/token')) {
		return json('token', {token: 'abc', expires_in: 300});
	}

	if (
		(target === 'token' || target === 'challenge') &&
		!/^authorization: bearer abc\r?$/im.test(head) &&
		path.includes('/acme/app/')
	) {
		const realm = `Bearer realm="http://${host}/token",service="acme"`;
		return {
			is: 'challenge',
			reply: {
				...replyOf(401, 'application/json', Buffer.from('{}')),
				headers: [
					['WWW-Authenticate', realm],
					['Content-Length', '2'],
				],
			},
		};
	}

	const {pathname} = new URL(path, `http://${host}`);
	if (pathname === '/v2/') {
		return json(undefined, {});
	}

	if (pathname === '/v2/_catalog') {
		return json('catalogue', {repositories: path.includes('last=') ? [] : ['acme/app', 'acme/whole']});
	}

	const [, repository, kind, reference = ''] =
		/^\/v2\/(acme\/(?:app|whole))\/(manifests|blobs|tags)\/(.*)$/.exec(pathname) ?? [];
	const isTarget = repository === 'acme/app';
	const of = (is: Target) => (isTarget ? {is} : {});
	if (kind === 'tags') {
		return {...of('tags'), reply: json(undefined, {name: repository, tags: ['latest']}).reply};
	}

	if (method === 'POST') {
		const headers: Reply['headers'] = [
			['Location', `/v2/${repository}/blobs/uploads/1?_state=x`],
			['Range', '0-0'],
			['Docker-Upload-UUID', '1'],
			['Content-Length', '0'],
		];
		return {
			...of('upload'),
			reply: {status: path.includes('mount=') ? 201 : 202, reason: 'Accepted', headers, body: Buffer.alloc(0)},
		};
	}

	if (method === 'PATCH' || (method === 'GET' && reference.startsWith('uploads/'))) {
		const headers: Reply['headers'] = [
			['Location', `/v2/${repository}/blobs/uploads/1?_state=y`],
			['Range', `0-${layer.bytes.length - 1}`],
			['Content-Length', '0'],
		];
		return {...of('piece'), reply: {status: 202, reason: 'Accepted', headers, body: Buffer.alloc(0)}};
	}

	if (method === 'PUT' || method === 'DELETE') {
		const digest = kind === 'manifests' ? image.index.digest : layer.digest;
		const headers: Reply['headers'] = [
			['Docker-Content-Digest', digest],
			['Location', `/v2/${repository}/x`],
			['Content-Length', '0'],
		];
		return {
			...of(kind === 'manifests' ? 'put' : 'commit'),
			reply: {status: 201, reason: 'Created', headers, body: Buffer.alloc(0)},
		};
	}

	const manifest = [image.index, ...image.manifests].find(({digest}) => digest === reference);
	if (kind === 'manifests') {
		const found = reference === 'latest' ? image.index : manifest;
		const is = reference === 'latest' ? 'tag' : manifest === image.index ? undefined : 'child';
		return found === undefined
			? {reply: notFound}
			: {...(is && of(is)), reply: withDigest(replyOf(200, found.mediaType, found.bytes), found.digest)};
	}

	const blob = image.blobs.find(({digest}) => digest === reference);
	if (kind !== 'blobs' || blob === undefined) {
		return {reply: notFound};
	}

	const is = blob === layer ? 'layer' : blob.digest === parts.config.digest ? 'config' : undefined;
	const range = /^range: bytes=(?:-1|(\d+)-\d+)\r?$/im.exec(head);
	const whole = withDigest(replyOf(200, 'application/octet-stream', blob.bytes), blob.digest);
	const last = blob.bytes.length - 1;
	const reply = range
		? {
				...whole,
				status: 206,
				body: blob.bytes.subarray(last),
				headers: [
					...whole.headers.filter(([name]) => name !== 'Content-Length'),
					['Content-Length', '1'],
					['Content-Range', `bytes ${last}-${last}/${blob.bytes.length}`],
				] as Reply['headers'],
			}
		: whole;
	return {...(is && of(is)), reply};
}

const notFound: Reply = {
	...replyOf(
		404,
		'application/json',
		Buffer.from('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'),
	),
	reason: 'Not Found',
};

function replyOf(status: number, type: string, body: Buffer): Reply {
	const headers: Reply['headers'] = [
		['Content-Type', type],
		['Docker-Distribution-Api-Version', 'registry/2.0'],
		['Content-Length', String(body.length)],
	];
	return {status, reason: 'OK', headers, body};
}

function withDigest(reply: Reply, digest: string): Reply {
	return {...reply, headers: [...reply.headers, ['Docker-Content-Digest', digest]]};
}

function isServed(host: string, {path, bytes}: {path: string; bytes: Buffer}): Promise<boolean> {
	return new Promise(resolve => {
		const asked = request(
			`http://${host}/v2/acme/app/${path}`,
			{agent: false, timeout: 1500, headers: {authorization: 'Bearer abc'}},
			response => {
				const chunks: Buffer[] = [];
				response
					.on('data', chunk => chunks.push(chunk))
					.on('error', () => resolve(false))
					.on('close', () => {
						const {statusCode = 0, complete} = response;
						resolve(complete && statusCode >= 200 && statusCode < 300 && Buffer.concat(chunks).equals(bytes));
					});
			},
		);
		asked
			.on('error', () => resolve(false))
			.on('timeout', () => asked.destroy())
			.end();
	});
}

/** A number for each use, so that one case can be tried again by itself. */
export function hostilityOf(seed: number): Hostility {
	const number: Numbers = numbersFrom(seed);
	const kinds = Object.keys(mutations);
	return {
		kind: kinds[Math.floor(number() * kinds.length)]!,
		target: targets[Math.floor(number() * targets.length)]!,
		seed,
	};
}
