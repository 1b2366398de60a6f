import {readJournal} from '../../src/adapters/journal/events-file.ts';
import {isFinished} from '../../src/domain/incident/incident.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import {fold} from '../../src/domain/machine/machine.ts';
import {readWorldOnDisk} from './world-on-disk.ts';

/** How a drill ended, and all that was changed in its world for it. Of two drills that made the same changes it is the same. */
export type Ending = {
	exit: number;
	sealed: boolean;
	torn: boolean;
	/** `fixed`; of an incident that goes on, its phase. */
	stop: string;
	verdict: string;
	/** Of the last check of all images: the verdict of each that was planned or left, and what else is known damaged. */
	images: string[];
	/** The repositories of the pipelines that regmedic ordered, once for each order. */
	ordered: string[];
	/** Manifests PUT by regmedic: `sha256:…`, or a tag. */
	manifests: string[];
	/** Blobs mounted or uploaded by regmedic. */
	blobs: string[];
	/** Old pipelines that were restarted: `infra 376`, once for each time. */
	restarted: string[];
	registryRestarts: number;
	fallbackBuilds: number;
	/** Parts of the damaged images that are not on the disk, or not linked. */
	damaged: readonly string[];
};

export async function readEnding(drill: string): Promise<Ending> {
	const {events, sealed, torn} = await readJournal(drill);
	const incident = fold(events);
	const {phase, visits, verdict} = incident;
	const check = visits.filter(isFinished).findLast(({output}) => output.kind === 'check-all')?.output;
	const {images = [], fresh = []} = check?.kind === 'check-all' ? check : {};
	const world = await readWorldOnDisk(drill);
	return {
		exit: exitOf(incident),
		sealed,
		torn: torn !== undefined,
		stop: phase.kind === 'stopped' ? phase.stop : phase.kind,
		verdict: verdict?.verdict ?? 'not checked',
		images: [
			...images.filter(({title}) => title !== followed).map(({title, verdict: each}) => `${title}: ${each}`),
			...fresh.map(each => `new: ${JSON.stringify(each)}`),
		].sort(),
		ordered: world.builtInCi.map(name => name.split(' ')[0]!).sort(),
		manifests: [...world.stored].sort(),
		blobs: [...world.blobs].sort(),
		restarted: [...world.restarts].flatMap(([old, times]) => Array.from({length: times}, () => old)).sort(),
		registryRestarts: world.registryRestarts,
		fallbackBuilds: world.fallbackBuilds,
		damaged: world.wrongWithImage,
	};
}

/** Anna's build of garbage-day, which is followed or has ended before the plan, as it comes. That the image is whole, `damaged` says. */
const followed = 'web/shop:edge, main';

/**
 * Where the second differs from the first: `ordered: ["infra","infra"] instead of ["infra"]`. Empty: nowhere.
 * @param isKilled the registry died with the drill: a manifest may be stored whose record is not. Twice is still twice
 */
export function differences(wanted: Ending, found: Ending, {isKilled = false} = {}): string[] {
	return (Object.keys(wanted) as (keyof Ending)[]).flatMap(key => {
		const [one, other] = [wanted[key], found[key]];
		const isStored = key === 'manifests' || key === 'blobs';
		const isSame =
			isKilled && isStored ? isPartOf(found[key], wanted[key]) : JSON.stringify(one) === JSON.stringify(other);
		return isSame ? [] : [`${key}: ${JSON.stringify(other)} instead of ${JSON.stringify(one)}`];
	});
}

function isPartOf(some: readonly string[], all: readonly string[]): boolean {
	return new Set(some).size === some.length && some.every(each => all.includes(each));
}
