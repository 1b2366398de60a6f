import {once} from 'node:events';
import {Agent, request as httpRequest, type IncomingMessage} from 'node:http';

export type Question = {
	method?: string;
	path: string;
	headers?: Record<string, string>;
	body?: string | Buffer;
};

export type Answer = {
	status: number;
	headers: Record<string, string | undefined>;
	body: string;
	/** The connection ended before the promised length. */
	cut: boolean;
	/** Left out of comparisons. */
	rawLocation?: string;
};

const agent = new Agent({keepAlive: true});

const compared = [
	'accept-ranges',
	'allow',
	'cache-control',
	'content-length',
	'content-range',
	'content-type',
	'docker-content-digest',
	'docker-distribution-api-version',
	'etag',
	'link',
	'location',
	'range',
	'www-authenticate',
	'x-content-type-options',
];

/** One request, with everything two registries can be compared by. */
export async function ask(host: string, question: Question): Promise<Answer> {
	const {method = 'GET', path, headers, body} = question;
	const request = httpRequest(`http://${host}`, {
		agent,
		method,
		path,
		headers: {Accept: '*/*', ...headers, ...(body === undefined ? {} : {'Content-Length': Buffer.byteLength(body)})},
	});
	request.end(body);
	let response: IncomingMessage;

	try {
		[response] = (await once(request, 'response')) as [IncomingMessage];
	} catch (error) {
		// The server had closed the connection after the answer before.
		if (request.reusedSocket) {
			return ask(host, question);
		}

		throw error;
	}

	request.on('error', () => {});
	const chunks: Buffer[] = [];
	let cut = false;

	try {
		for await (const chunk of response) {
			chunks.push(chunk as Buffer);
		}
	} catch {
		cut = true;
	}

	const answer: Answer = {
		status: response.statusCode ?? 0,
		headers: Object.fromEntries(compared.map(name => [name, neutral(response.headers[name]?.toString(), host)])),
		body: Buffer.concat(chunks).toString('latin1'),
		cut,
	};
	// Not enumerable, so that two answers are equal without it.
	return Object.defineProperty(answer, 'rawLocation', {value: response.headers.location});
}

/** What two servers cannot have in common: their ports, and the ids and signatures of uploads. */
function neutral(text: string | undefined, host: string): string | undefined {
	return text
		?.replaceAll(host, 'HOST')
		.replace(/uploads\/[0-9a-f-]{36}/, 'uploads/ID')
		.replace(/_state=[^&]+/, '_state=STATE');
}
