import {type Digest, isDigest} from '../../domain/image/digest.ts';
import {acceptedManifests} from '../../domain/image/media-type.ts';
import {digestOf} from '../image.ts';
import {type BasicCredentials, basic} from '../registry/authorization.ts';

export type PullOptions = {
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

/** Pulls for linux/amd64 as a build agent does, every byte checked. False: it cannot be pulled. */
export async function canPull({registryUrl, repository, tag, credentials, signal}: PullOptions): Promise<boolean> {
	async function get(path: string): Promise<Buffer | undefined> {
		const answer = await fetch(`${registryUrl}/v2/${repository}/${path}`, {
			headers: {Authorization: basic(credentials), Accept: acceptedManifests.join(', ')},
			signal,
		});
		// A body that is cut off is an image that cannot be pulled.
		const bytes = await answer.arrayBuffer().catch(() => undefined);
		return answer.ok && bytes !== undefined ? Buffer.from(bytes) : undefined;
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

/** What a tag names now. */
export async function digestOfTag({
	registryUrl,
	repository,
	tag,
	credentials,
	signal,
}: PullOptions): Promise<Digest | undefined> {
	const answer = await fetch(`${registryUrl}/v2/${repository}/manifests/${tag}`, {
		method: 'HEAD',
		headers: {Authorization: basic(credentials), Accept: acceptedManifests.join(', ')},
		signal,
	});
	const digest = answer.headers.get('docker-content-digest') ?? '';
	return answer.ok && isDigest(digest) ? digest : undefined;
}

function parse(bytes: Buffer | undefined): ManifestJson | undefined {
	try {
		return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as ManifestJson);
	} catch {
		return undefined;
	}
}
