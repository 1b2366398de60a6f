import {OperatorError} from '../../domain/errors.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {namedBy} from '../../domain/inventory/history.ts';
import {blobData, manifestsFolder} from '../../domain/storage/listing/paths.ts';
import {count} from '../../domain/text/wording.ts';
import type {InventoryReader} from '../ports/inventory.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {readPast} from '../scan/read-past.ts';
import {scanStore} from '../scan/scan-store.ts';

const mostNamed = 3;

/**
 * What is left of an image that neither the registry nor its repository on the disk has. `lost`: its bytes are there, and a
 * person or the inventory names them, so that it can be linked again. `unnamed`: its repository is gone, and there are images
 * without one, in one sentence.
 */
type VanishedImage = {kind: 'lost'; reason: OperatorError} | {kind: 'unnamed'; say: string};

/** @returns undefined: nothing is known of it, or its repository is there and had it removed */
export async function findVanished(
	image: ImageReference,
	{storage, inventory, role}: {storage: Storage; inventory?: InventoryReader | undefined; role: RegistryRole},
	{signal}: Waiting,
): Promise<VanishedImage | undefined> {
	const {repository, tag, digest} = image;
	const folder = manifestsFolder(repository);
	const isGone = (await storage.recheck([folder], {signal})).get(folder)?.state === 'gone';
	// A cache removes what has expired.
	if (role === 'cache' || (digest === undefined && !isGone)) {
		return undefined;
	}

	const past = await readPast(inventory);
	const [last] = past?.inventory && tag !== undefined ? namedBy(past.inventory, repository, tag) : [];
	const named = digest ?? last?.digest;
	const data = named && blobData(named);
	if (data !== undefined && (await storage.recheck([data], {signal})).get(data)?.state === 'there') {
		const lost = isGone ? 'has lost its repository' : 'has no link to it in its repository';
		return {
			kind: 'lost',
			reason: new OperatorError(
				'image.vanished',
				`The registry does not have ${formatReference(image)}. Its disk ${lost}, and still holds ${shortDigest(named!)}.`,
				{hint: 'Scan the disk, and relink it before the next garbage collection deletes it.', exit: 'indeterminate'},
			),
		};
	}

	if (!isGone) {
		return undefined;
	}

	const {findings} = (await scanStore(storage, {role, signal})).scan;
	const images = findings.filter(({kind, repository: of}) => kind === 'repository-vanished' && of === '');
	const some = images.slice(0, mostNamed).map(({digest: of, is}) => {
		const what = [is?.form, is?.platforms.join(', ')].filter(Boolean).join(' of ');
		return `${of} (${what})`;
	});
	const more = images.length > mostNamed ? ` and ${images.length - mostNamed} more` : '';
	return images.length === 0
		? undefined
		: {
				kind: 'unnamed',
				say: `Its disk does not have the repository either, and holds ${count(images.length, 'image')} without one: ${some.join(', ')}${more}. The next garbage collection deletes ${images.length === 1 ? 'it' : 'them'}. If one is this image, respond to REPOSITORY:TAG@DIGEST.`,
			};
}
