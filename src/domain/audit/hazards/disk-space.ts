import type {Hazard} from '../hazard.ts';
import type {FileSystem, Maintenance} from '../maintenance.ts';

const lowShare = 0.1;
const criticalShare = 0.03;
const lowKib = 5 * 1024 * 1024;
const manyStaleKib = 1024 * 1024;

/** On a full disk a push is cut off, and the registry keeps the truncated data. */
export function spaceHazards({
	disk,
	inodes,
	staleUploads,
}: Pick<Maintenance, 'disk' | 'inodes' | 'staleUploads'>): Hazard[] {
	const hazards: Hazard[] = [];
	const take = (system: FileSystem | undefined, what: string, isLow: (system: FileSystem) => boolean) => {
		// Some file systems do not count inodes: their size is 0.
		if (system === undefined || system.size === 0 || !isLow(system)) {
			return;
		}

		const share = system.free / system.size;
		hazards.push({
			kind: 'disk-full',
			severity: share < criticalShare ? 'may-break' : 'worth-knowing',
			file: system.mountedOn,
			line: system.line,
			why: `${percent(share)} of its ${what} are free: a push that runs out of them leaves empty or truncated files behind.`,
			advice:
				'Free space before the next push: remove old uploads, or collect garbage without -m while the registry is stopped.',
		});
	};

	take(disk, 'blocks', ({free, size}) => free / size < lowShare || free < lowKib);
	take(inodes, 'inodes', ({free, size}) => free / size < lowShare);

	if (staleUploads !== undefined && staleUploads.kib >= manyStaleKib) {
		hazards.push({
			kind: 'stale-uploads',
			severity: 'worth-knowing',
			file: '_uploads',
			line: `${staleUploads.count} uploads, ${Math.round(staleUploads.kib / 1024)} MiB`,
			why: 'These uploads were not continued for a week; they only take space.',
			advice: 'Let the registry purge them: storage.maintenance.uploadpurging.enabled.',
		});
	}

	return hazards;
}

function percent(share: number): string {
	return `${(share * 100).toFixed(1)} %`;
}
