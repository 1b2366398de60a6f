import {defined} from '../../domain/defined.ts';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import {acceptedManifests} from '../../domain/image/media-type.ts';
import {type BasicCredentials, basic} from '../registry/authorization.ts';
import {type BuiltImage, digestOf} from './image.ts';
import {requestLoopback} from './loopback-request.ts';

type PushOptions = {
	/** `http://127.0.0.1:port` */
	registryUrl: string;
	repository: string;
	tags: string[];
	image: BuiltImage;
	credentials?: BasicCredentials | undefined;
	/** The User-Agent, which tells who pushes. */
	agent: string;
	signal: AbortSignal;
};

/** The registry refused a part of a push. */
export class PushRefused extends Error {
	readonly status: number;

	constructor(status: number, request: string) {
		super(`${request}: status ${status}`);
		this.status = status;
	}
}

/**
 * Pushes in the order of a build tool: the missing blobs, the children by digest, and last the index under each tag.
 * @throws PushRefused
 */
export async function pushImage({registryUrl, repository, tags, image, ...options}: PushOptions): Promise<void> {
	const base = `${registryUrl}/v2/${repository}`;
	const common = {
		'User-Agent': options.agent,
		...defined({Authorization: options.credentials && basic(options.credentials)}),
	};

	async function send(method: string, url: string, headers: Record<string, string> = {}, body?: Buffer) {
		return requestLoopback(url, {
			method,
			headers: {...common, ...headers},
			...defined({body}),
			signal: options.signal,
		});
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

type PullOptions = {
	registryUrl: string;
	repository: string;
	tag: string;
	credentials: BasicCredentials;
	signal: AbortSignal;
};

type ManifestJson = {
	manifests?: {digest: string; platform?: {os: string; architecture: string}}[];
	config?: {digest: string};
	layers?: {digest: string}[];
};

/** Whether linux/amd64 of the image can be pulled. Every blob is read whole and its digest checked. */
export async function canPull({registryUrl, repository, tag, credentials, signal}: PullOptions): Promise<boolean> {
	async function get(path: string): Promise<Buffer | undefined> {
		const {ok, bytes} = await requestLoopback(`${registryUrl}/v2/${repository}/${path}`, {
			headers: {Authorization: basic(credentials), Accept: acceptedManifests.join(', ')},
			signal,
		});
		// An image whose body is cut off cannot be pulled.
		return ok ? bytes : undefined;
	}

	async function has(digest: string): Promise<boolean> {
		const bytes = isDigest(digest) ? await get(`blobs/${digest}`) : undefined;
		return bytes !== undefined && digestOf(bytes) === digest;
	}

	let manifest = parse(await get(`manifests/${tag}`));
	const child = manifest?.manifests?.find(
		({platform}) => platform?.os === 'linux' && platform.architecture === 'amd64',
	);

	if (child !== undefined) {
		manifest = parse(await get(`manifests/${child.digest}`));
	}

	const blobs = [manifest?.config, ...(manifest?.layers ?? [])].map(blob => blob?.digest ?? '');
	for (const digest of blobs) {
		if (!(await has(digest))) {
			return false;
		}
	}

	return true;
}

/** The digest that the tag names now; undefined when it does not exist. */
export async function digestOfTag(options: PullOptions): Promise<Digest | undefined> {
	const {registryUrl, repository, tag, credentials, signal} = options;
	const response = await requestLoopback(`${registryUrl}/v2/${repository}/manifests/${tag}`, {
		method: 'HEAD',
		headers: {Authorization: basic(credentials), Accept: acceptedManifests.join(', ')},
		signal,
	});
	const digest = response.headers.get('docker-content-digest') ?? '';
	return response.ok && isDigest(digest) ? digest : undefined;
}

function parse(bytes: Buffer | undefined): ManifestJson | undefined {
	try {
		return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as ManifestJson);
	} catch {
		return undefined;
	}
}
