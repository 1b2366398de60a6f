import type {BuiltImage} from './image.ts';
import {type BasicCredentials, basic} from './registry/authorization.ts';

export type PushOptions = {
	/** `http://127.0.0.1:port` */
	registryUrl: string;
	repository: string;
	tags: string[];
	image: BuiltImage;
	credentials?: BasicCredentials | undefined;
	/** The User-Agent: who pushes. */
	agent: string;
	signal: AbortSignal;
};

/** The registry refused a part of a push. */
export class PushRefused extends Error {
	readonly status: number;

	constructor(status: number, what: string) {
		super(`${what}: status ${status}`);
		this.status = status;
	}
}

/** Pushes as a build tool does: what is missing of the blobs, the children by digest, the index last under each tag. */
export async function pushImage({registryUrl, repository, tags, image, ...options}: PushOptions): Promise<void> {
	const base = `${registryUrl}/v2/${repository}`;
	const common = {
		'User-Agent': options.agent,
		...(options.credentials === undefined ? {} : {Authorization: basic(options.credentials)}),
	};

	async function send(method: string, url: string, headers: Record<string, string> = {}, body?: Buffer) {
		const response = await fetch(url, {
			method,
			headers: {...common, ...headers},
			...(body === undefined ? {} : {body: new Uint8Array(body)}),
			signal: options.signal,
		});
		await response.arrayBuffer();
		return response;
	}

	async function must(method: string, url: string, headers: Record<string, string> = {}, body?: Buffer) {
		const response = await send(method, url, headers, body);
		if (!response.ok) {
			throw new PushRefused(response.status, `${method} ${new URL(url).pathname}`);
		}

		return response;
	}

	for (const {digest, bytes} of image.blobs) {
		if ((await send('HEAD', `${base}/blobs/${digest}`)).ok) {
			continue;
		}

		const opened = await must('POST', `${base}/blobs/uploads/`);
		const location = new URL(opened.headers.get('location') ?? '', registryUrl);
		location.searchParams.set('digest', digest);
		await must('PUT', location.href, {'Content-Type': 'application/octet-stream'}, bytes);
	}

	const {index} = image;
	const manifests = [
		...image.manifests.map(manifest => ({...manifest, reference: manifest.digest as string})),
		...tags.map(tag => ({...index, reference: tag})),
	];
	for (const {reference, mediaType, bytes} of manifests) {
		await must('PUT', `${base}/manifests/${reference}`, {'Content-Type': mediaType}, bytes);
	}
}
