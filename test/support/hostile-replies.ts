/** What a server can send in the place of a response, made from a right one. A mutation is named by its kind and its numbers. */
export type Reply = {status: number; reason: string; headers: [name: string, value: string][]; body: Buffer};

/** Pieces are written one after the other; `end`: how the connection goes on after the last. */
export type Sent = {pieces: Buffer[]; end: 'keep' | 'close' | 'reset'};

export type Numbers = () => number;

type Mutation = (reply: Reply, number: Numbers) => Sent;

const text = (value: string) => Buffer.from(value, 'latin1');
const below = (number: Numbers, most: number) => Math.floor(number() * most);
const pick = <T>(number: Numbers, from: readonly T[]): T => from[below(number, from.length)]!;

export function headOf({status, reason, headers}: Reply, line = `HTTP/1.1 ${status} ${reason}`): Buffer {
	return text(`${line}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
}

export const asItIs = (reply: Reply): Sent => ({pieces: [headOf(reply), reply.body], end: 'keep'});

const withHeaders = (reply: Reply, ...more: [string, string][]): Sent => ({
	pieces: [headOf({...reply, headers: [...reply.headers, ...more]}), reply.body],
	end: 'close',
});
const without = (reply: Reply, name: string): Reply => ({
	...reply,
	headers: reply.headers.filter(([each]) => each.toLowerCase() !== name),
});
const replaced = (reply: Reply, name: string, value: string): Sent => ({
	pieces: [headOf({...reply, headers: [...without(reply, name).headers, [name, value]]}), reply.body],
	end: 'close',
});
const rawHeaders = (reply: Reply, lines: string): Sent => ({
	pieces: [Buffer.concat([headOf(reply).subarray(0, -2), text(`${lines}\r\n\r\n`)]), reply.body],
	end: 'close',
});

function chunked(reply: Reply, chunks: (string | Buffer)[], end: Sent['end'] = 'close'): Sent {
	const bare = without(reply, 'content-length');
	const head = headOf({...bare, headers: [...bare.headers, ['Transfer-Encoding', 'chunked']]});
	return {pieces: [head, ...chunks.map(chunk => (typeof chunk === 'string' ? text(chunk) : chunk))], end};
}

/** JSON as Go's decoder and JavaScript's read it differently, or as nobody reads it. */
function mangleJson(body: Buffer, number: Numbers): Buffer {
	const source = body.toString('utf8');
	const strings = [...source.matchAll(/"(\w+)":/g)];
	const key = strings.length === 0 ? undefined : pick(number, strings);
	switch (below(number, 9)) {
		case 0:
			return key ? text(source.replace(key[0], key[0].toUpperCase())) : text('[]');
		case 1:
			return key ? text(source.replace('{', `{${key[0]}null,`)) : text('null');
		case 2:
			return key ? text(source.replace(/\}\s*$/, `,${key[0]}[]}`)) : text('0');
		case 3:
			return text(
				source.replace(/\d+/, pick(number, ['-1', '1e400', '137438953472', '9007199254740993', '0.5', '"1"'])),
			);
		case 4:
			return text(source.slice(0, below(number, source.length)));
		case 5:
			return text('['.repeat(20_000));
		case 6:
			return text(
				source.replace(/"sha256:[0-9a-f]+"/, pick(number, ['"sha256:"', 'null', '"md5:abc"', '{}', '"../../x"'])),
			);
		case 7:
			return text(pick(number, ['null', '0', '""', '[]', '{}', 'true', '\uFEFF{}', '{"__proto__":{"layers":[]}}']));
		default:
			return text(`${source}${pick(number, [' ', '\n', '\0', '{}', 'x'])}`);
	}
}

function flipped(bytes: Buffer, number: Numbers): Buffer {
	const changed = Buffer.from(bytes);
	for (let times = 1 + below(number, 3); times > 0 && changed.length > 0; times--) {
		changed[below(number, changed.length)]! ^= 1 << below(number, 8);
	}

	return changed;
}

const withBody = (reply: Reply, body: Buffer): Sent =>
	replaced({...reply, body}, 'content-length', String(body.length));

export const mutations: Record<string, Mutation> = {
	'any byte': (reply, number) => ({
		pieces: [flipped(Buffer.concat([headOf(reply), reply.body]), number)],
		end: 'close',
	}),
	'a byte of the head': (reply, number) => ({pieces: [flipped(headOf(reply), number), reply.body], end: 'close'}),
	'a byte of the body': (reply, number) => ({pieces: [headOf(reply), flipped(reply.body, number)], end: 'keep'}),
	'cut anywhere': (reply, number) => {
		const whole = Buffer.concat([headOf(reply), reply.body]);
		return {pieces: [whole.subarray(0, below(number, whole.length))], end: pick(number, ['close', 'reset'])};
	},
	'added bytes': (reply, number) => ({
		pieces: [headOf(reply), reply.body, text('x'.repeat(1 + below(number, 90)))],
		end: pick(number, ['keep', 'close']),
	}),
	'nothing at all': (_, number) => ({pieces: [], end: pick(number, ['close', 'reset'])}),
	noise: (_, number) => ({
		pieces: [Buffer.from(Array.from({length: 1 + below(number, 400)}, () => below(number, 256)))],
		end: 'close',
	}),
	'HTTP/0.9': ({body}) => ({pieces: [body], end: 'close'}),
	'status line': (reply, number) => {
		const {status, reason} = reply;
		const line = pick(number, [
			`HTTP/1.0 ${status} ${reason}`,
			`HTTP/2 ${status}`,
			`HTTP/9.9 ${status} ${reason}`,
			`HTTP/1.1 ${status}`,
			`HTTP/1.1  ${status} ${reason}`,
			`HTTP/1.1 ${status}${status} ${reason}`,
			`HTTP/1.1 0${status}`,
			'HTTP/1.1 000 x',
			'HTTP/1.1 99 x',
			'HTTP/1.1 -1 x',
			`HTTP/1.1 ${status} \u0001\u001B[2J`,
			`http/1.1 ${status} ${reason}`,
			`HTTP/1.1\t${status}\t${reason}`,
			`ICY ${status} ${reason}`,
			'RTSP/1.0 200 OK',
			`\r\n\r\nHTTP/1.1 ${status} ${reason}`,
			`HTTP/1.1 ${status} ${'x'.repeat(70_000)}`,
		]);
		return {pieces: [headOf(reply, line), reply.body], end: 'close'};
	},
	'another status': (reply, number) => {
		const status = pick(
			number,
			[
				100, 101, 102, 103, 199, 200, 201, 202, 204, 205, 206, 226, 299, 300, 301, 302, 303, 304, 305, 307, 308, 400,
				401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 416, 418, 421, 425, 426, 429, 431, 451, 499,
				500, 501, 502, 503, 504, 505, 507, 511, 599, 600, 700, 999,
			],
		);
		return {pieces: [headOf({...reply, status}), reply.body], end: 'close'};
	},
	'informational responses': (reply, number) => {
		const count = pick(number, [1, 2, 5, 100, 3000]);
		const line = pick(number, [
			'HTTP/1.1 100 Continue',
			'HTTP/1.1 103 Early Hints',
			'HTTP/1.1 199 x',
			'HTTP/1.1 102 x',
		]);
		return {pieces: [text(`${line}\r\n\r\n`.repeat(count)), headOf(reply), reply.body], end: 'close'};
	},
	'101 switching': reply => ({
		pieces: [
			text('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'),
			headOf(reply),
			reply.body,
		],
		end: 'close',
	}),
	'Content-Length': (reply, number) => {
		const {length} = reply.body;
		return replaced(
			reply,
			'content-length',
			pick(number, [
				'',
				' ',
				'-1',
				'+5',
				'0x10',
				'1e3',
				`${length}, ${length}`,
				`${length};q=1`,
				String(length + 1),
				String(Math.max(0, length - 1)),
				'0',
				'99999999999999999999',
				'18446744073709551616',
				'137438953472',
				`0${length}`,
				`${length}.0`,
				'abc',
				`${length} ${length}`,
			]),
		);
	},
	'two Content-Lengths': (reply, number) => {
		const {length} = reply.body;
		return withHeaders(reply, ['Content-Length', pick(number, [String(length), String(length + 1), '0', '-1', 'x'])]);
	},
	'Content-Length and chunks': (reply, number) =>
		pick(number, [
			withHeaders(reply, ['Transfer-Encoding', 'chunked']),
			withHeaders(reply, ['Transfer-Encoding', 'identity']),
			withHeaders(reply, ['Transfer-Encoding', 'gzip, chunked']),
			withHeaders(reply, ['Transfer-Encoding', 'chunked, chunked']),
			withHeaders(reply, ['Transfer-Encoding', 'x']),
			{
				...chunked(reply, [`${reply.body.length.toString(16)}\r\n`, reply.body, '\r\n0\r\n\r\n']),
				pieces: [
					headOf({...reply, headers: [...reply.headers, ['Transfer-Encoding', 'chunked']]}),
					text(`${reply.body.length.toString(16)}\r\n`),
					reply.body,
					text('\r\n0\r\n\r\n'),
				],
			},
		]),
	'no length': (reply, number) => ({
		pieces: [headOf(without(reply, 'content-length')), reply.body.subarray(0, pick(number, [reply.body.length, 0, 1]))],
		end: pick(number, ['close', 'reset']),
	}),
	'right chunks': reply => {
		const half = reply.body.length >> 1;
		const piece = (part: Buffer) =>
			part.length === 0 ? '' : Buffer.concat([text(`${part.length.toString(16)}\r\n`), part, text('\r\n')]);
		return chunked(reply, [piece(reply.body.subarray(0, half)), piece(reply.body.subarray(half)), '0\r\n\r\n'], 'keep');
	},
	'broken chunks': (reply, number) => {
		const {body} = reply;
		const size = body.length.toString(16);
		return chunked(
			reply,
			pick<(string | Buffer)[]>(number, [
				[`${size}\r\n`, body],
				[`${size}\r\n`, body, '\r\n'],
				[`${size}\r\n`, body, '\r\n0\r\n'],
				[`${size}`, body, '0\r\n\r\n'],
				['-1\r\n', body, '\r\n0\r\n\r\n'],
				['zz\r\n', body, '\r\n0\r\n\r\n'],
				['ffffffffffffffffffff\r\n', body],
				[`${(body.length + 9).toString(16)}\r\n`, body, '\r\n0\r\n\r\n'],
				[`${size};x=${'y'.repeat(20_000)}\r\n`, body, '\r\n0\r\n\r\n'],
				[`${size}\n`, body, '\n0\n\n'],
				[`${size}\r\n`, body, `\r\n0\r\nTrailer: ${'z'.repeat(20_000)}\r\n\r\n`],
				[`${size}\r\n`, body, '\r\n0\r\nBad Trailer\r\n\r\n'],
				['0\r\n\r\n'],
				['\r\n\r\n'],
			]),
		);
	},
	'control bytes in a header': (reply, number) =>
		rawHeaders(
			reply,
			pick(number, [
				'X-A: a\0b',
				'X-A: a\u0001b',
				'X-A: \u001B[2J\u001B]0;x\u0007',
				'X-\0A: b',
				'X-A: a\rX-B: b',
				'X-A: a\nX-B: b',
				' X-A: folded',
				'X-A\t: b',
				': no name',
				'no colon',
				'X-A: \u00ff\u00fe',
				'Docker-Content-Digest: sha256:\u0001',
				'Docker-Content-Digest: sha256:\u202E',
				'Content-Type: application/json\u0000',
				'Link: <\u0001>; rel="next"',
				'WWW-Authenticate: Bearer realm="\u0001"',
				'Location: http://\u0001/',
			]),
		),
	'a large header': (reply, number) =>
		withHeaders(reply, ['X-Large', 'x'.repeat(pick(number, [1_000, 8_000, 16_000, 17_000, 70_000, 600_000]))]),
	'many headers': (reply, number) =>
		withHeaders(
			reply,
			...Array.from({length: pick(number, [50, 500, 2_500, 20_000])}, (_, at): [string, string] => [`X-${at}`, 'y']),
		),
	'a header twice': (reply, number) => {
		const [name, value] = pick(number, reply.headers);
		return withHeaders(reply, [name, pick(number, [value, '', 'x', `${value}, ${value}`])]);
	},
	'a header gone': (reply, number) => {
		const [name] = pick(number, reply.headers);
		return {pieces: [headOf(without(reply, name.toLowerCase())), reply.body], end: 'close'};
	},
	'Content-Type': (reply, number) =>
		replaced(
			reply,
			'content-type',
			pick(number, [
				'',
				'text/html',
				'application/vnd.oci.image.index.v1+json',
				'application/vnd.docker.distribution.manifest.v1+prettyjws',
				'application/json; charset=utf-16',
				'a/b; '.repeat(2_000),
				'multipart/byteranges; boundary=x',
			]),
		),
	'Docker-Content-Digest': (reply, number) =>
		replaced(
			reply,
			'docker-content-digest',
			pick(number, [
				'',
				'x',
				`sha256:${'0'.repeat(64)}`,
				`sha512:${'0'.repeat(128)}`,
				'md5:0',
				'../../etc/passwd',
				'sha256:',
				`${'a'.repeat(9000)}:b`,
			]),
		),
	'Content-Encoding': (reply, number) =>
		withHeaders(reply, ['Content-Encoding', pick(number, ['gzip', 'br', 'deflate', 'identity', 'x', 'gzip, gzip'])]),
	'Content-Range': (reply, number) => {
		const {length} = reply.body;
		const range = pick(number, [
			'',
			'bytes */*',
			'bytes 5-1/3',
			`bytes 0-0/${length}`,
			'bytes 0-99999999999999999999/1',
			'x',
			`bytes ${length}-${length}/${length}`,
		]);
		return {
			pieces: [headOf({...reply, status: 206, headers: [...reply.headers, ['Content-Range', range]]}), reply.body],
			end: 'close',
		};
	},
	'a redirect': (reply, number) => {
		const to = pick(number, [
			'',
			'/',
			'//',
			'http://',
			'http://[',
			'file:///etc/passwd',
			'javascript:1',
			'http://127.0.0.1:1/',
			'\\\\x',
			'ssh://x',
			'http://a:b@127.0.0.1/',
			'?',
			'#',
			'.',
			'https://127.0.0.1:1/x',
			'data:,x',
			`/${'x/'.repeat(9000)}`,
		]);
		return {
			pieces: [
				headOf({
					...reply,
					status: pick(number, [301, 302, 303, 307, 308]),
					headers: [...reply.headers, ['Location', to]],
				}),
				reply.body,
			],
			end: 'close',
		};
	},
	'a challenge': (reply, number) => {
		const challenge = pick(number, [
			'',
			'Basic',
			'Bearer',
			'Bearer realm',
			'Bearer realm=',
			'Bearer realm=""',
			'Bearer realm="http://["',
			'Bearer realm="http://127.0.0.1:1/"',
			'Bearer realm="file:///x"',
			'Bearer realm="https://127.0.0.1:1/",service="\\"',
			'Negotiate YII=',
			'Digest realm="x", nonce="y"',
			'Bearer '.repeat(900),
			'Basic realm="a", Bearer realm="b"',
			'Bearer realm="x", error="insufficient_scope"',
		]);
		return {
			pieces: [
				headOf({...reply, status: 401, headers: [...reply.headers, ['WWW-Authenticate', challenge]]}),
				reply.body,
			],
			end: 'close',
		};
	},
	'Retry-After': (reply, number) => ({
		pieces: [
			headOf({
				...reply,
				status: pick(number, [429, 503]),
				headers: [
					...reply.headers,
					[
						'Retry-After',
						pick(number, ['-1', '0', '99999999999999999999', 'x', 'Thu, 99 Foo 2026', '1e9', '9'.repeat(400)]),
					],
				],
			}),
			reply.body,
		],
		end: 'close',
	}),
	Link: (reply, number) =>
		withHeaders(reply, [
			'Link',
			pick(number, [
				'',
				'<',
				'<>',
				'<x',
				'</v2/_catalog>; rel=next',
				'<//>; rel="next"',
				'<http://[>; rel="next"',
				'x; rel="next"',
				'<?>; rel="next"',
				`<${'x'.repeat(9000)}>; rel="next"`,
				'<>; rel="next"',
			]),
		]),
	Connection: (reply, number) =>
		withHeaders(reply, ['Connection', pick(number, ['close', 'keep-alive', 'upgrade', 'x', 'close, keep-alive'])]),
	'Keep-Alive': (reply, number) =>
		withHeaders(reply, [
			'Keep-Alive',
			pick(number, ['timeout=0', 'timeout=-1', 'timeout=99999999999', 'x', 'timeout=1e9']),
		]),
	'mangled JSON': (reply, number) => withBody(reply, mangleJson(reply.body, number)),
	'a web page': reply => ({
		pieces: [headOf({...reply, headers: [['Content-Type', 'text/html']]}), text('<html><title>Log in</title></html>')],
		end: 'close',
	}),
	'an error in words': (reply, number) => {
		const body = text(
			pick(number, [
				'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}',
				'{"errors":null}',
				'{"errors":[null]}',
				'{"errors":{}}',
				'{"errors":[{"code":1,"message":{}}]}',
				'<',
				'',
			]),
		);
		return withBody({...reply, status: pick(number, [400, 401, 403, 404, 429, 500, 503])}, body);
	},
	drip: (reply, number) => {
		const whole = Buffer.concat([headOf(reply), reply.body]);
		const at = below(number, whole.length);
		return {pieces: [whole.subarray(0, at), whole.subarray(at)], end: 'keep'};
	},
};
