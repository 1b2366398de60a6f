import type {Scan} from '../../domain/storage/findings/finding.ts';
import {type CollectionStop, sayFirst} from '../../domain/storage/listing/collection-stop.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

const mostStops = 10;
const mostStrays = 3;

/** What is worth knowing and is no damage, one line each. */
export function sayNotes({harmless, leftovers, sampled}: Scan, columns: number): string[] {
	const {
		leftOut = 0,
		strays = [],
		linksTakenBySize = 0,
		notMeant = 0,
		unlinkedUnread = 0,
		configsUnread = 0,
	} = harmless ?? {};
	const {collectionStops = []} = harmless ?? {};
	const {images = 0, unlinked = 0} = leftovers ?? {};
	const first = strays.slice(0, mostStrays).map(path => visibleLine(path));
	const named = first.length === 0 ? '' : ` (${first.join(', ')}${leftOut > first.length ? ', …' : ''})`;
	return [
		...(images === 0
			? []
			: [
					`${count(images, 'leftover')}: damaged, but without a tag, so no pull by tag needs ${images === 1 ? 'it' : 'them'}.`,
				]),
		...(unlinked === 0
			? []
			: [
					`${count(unlinked, 'leftover')} in no repository: deleted on purpose, or not named by a tag for long. The next garbage collection removes ${unlinked === 1 ? 'it' : 'them'}.`,
				]),
		...(unlinkedUnread === 0
			? []
			: [
					`${count(unlinkedUnread, 'blob')} without a link not read: too many. Whether they are images that lost their repository is not known.`,
				]),
		...(configsUnread === 0
			? []
			: [
					`${count(configsUnread, 'config')} of images not read: too many or too large. Whether a client can read ${configsUnread === 1 ? 'it' : 'them'} is not known: regmedic probe reads all.`,
				]),
		...(leftOut === 0 ? [] : [`${count(leftOut, 'entry', 'entries')} ignored: no registry writes such files${named}.`]),
		...(notMeant === 0
			? []
			: [`${count(notMeant, 'part')} absent, as configured: of platforms that are not meant to be here.`]),
		...(sampled === undefined || sampled.asked === sampled.of
			? []
			: [
					`Of ${count(sampled.of, 'image')} that are whole on the disk, ${sampled.asked} were asked for over HTTP: --sample ${sampled.of} asks for all.`,
				]),
		...collectionStops.slice(0, mostStops).map(sayStop),
		...(linksTakenBySize === 0
			? []
			: [`${count(linksTakenBySize, 'layer link')} checked by size only: --hash reads all of them.`]),
	].flatMap(note => wrap(note, {rest: '  ', columns}));
}

function sayStop(stop: CollectionStop): string {
	const version = stop.registry === undefined ? '' : ` of registry ${stop.registry}`;
	const which = `A garbage collection${version}${stop.collection === 'every' ? '' : ' with -m'}`;
	const after = stop.removed === 'nothing' ? '' : ', after it has removed the links of untagged manifests';
	return `${which} stops at ${visibleLine(stop.path)}${after}: ${sayFirst(stop)}.`;
}
