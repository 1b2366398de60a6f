import {readJournal} from '../adapters/journal/events-file.ts';
import {findIncident, stateFolder} from '../adapters/journal/incident-folders.ts';
import {createKeptSource} from '../adapters/sources/kept-source.ts';
import type {ImageReference} from '../domain/image/reference.ts';
import type {JsonObject} from '../domain/json.ts';
import {fold} from '../domain/machine/machine.ts';
import {type Kept, keptIn} from '../domain/remedy/kept.ts';
import type {Source} from '../engine/ports/source.ts';
import type {Invocation} from '../invocation.ts';

type KeptInIncident = {
	/** The incident. */
	name: string;
	/** `host[:port]` */
	host: string;
	images: Kept[];
};

/** What an incident has removed and kept. @throws OperatorError incident.* | journal.* */
export async function keptBy(wanted: string, {environment}: Invocation): Promise<KeptInIncident> {
	const {folder, name} = await findIncident(stateFolder(environment), wanted);
	const {events} = await readJournal(folder);
	return {name, host: fold(events).image.host, images: keptIn(events)};
}

/** Of an incident that stores an image again: the journal that kept it, by the page's input `from`. Else none. */
export async function keptSources(
	{from}: JsonObject,
	{repository, digest}: ImageReference,
	invocation: Invocation,
): Promise<Source[]> {
	if (typeof from !== 'string') {
		return [];
	}

	const {name, images} = await keptBy(from, invocation);
	const image = images.find(each => each.repository === repository && each.digest === digest);
	return image === undefined ? [] : [createKeptSource({name, manifests: image.manifests})];
}
