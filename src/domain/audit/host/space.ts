import type {Risk} from '../risk.ts';
import type {FileSystem, Upkeep} from './upkeep.ts';

const lowShare = 0.1;
const criticalShare = 0.03;
const lowKib = 5 * 1024 * 1024;
const manyStaleKib = 1024 * 1024;

/** A full disk cuts pushes short, and what is cut short is stored. */
export function spaceRisks({disk, inodes, staleUploads}: Pick<Upkeep, 'disk' | 'inodes' | 'staleUploads'>): Risk[] {
	const risks: Risk[] = [];
	const take = (system: FileSystem | undefined, what: string, isLow: (system: FileSystem) => boolean) => {
		// Some file systems do not count their inodes.
		if (system === undefined || system.size === 0 || !isLow(system)) {
			return;
		}

		const share = system.free / system.size;
		risks.push({
			kind: 'disk-full',
			severity: share < criticalShare ? 'may-break' : 'worth-knowing',
			file: system.mountedOn,
			line: system.line,
			why: `${percent(share)} of its ${what} are free: a push that finds none left leaves empty or cut files behind.`,
			advice:
				'Make room before the next push: remove old uploads, or collect without -m while the registry is stopped.',
		});
	};

	take(disk, 'blocks', ({free, size}) => free / size < lowShare || free < lowKib);
	take(inodes, 'inodes', ({free, size}) => free / size < lowShare);

	if (staleUploads !== undefined && staleUploads.kib >= manyStaleKib) {
		risks.push({
			kind: 'stale-uploads',
			severity: 'worth-knowing',
			file: '_uploads',
			line: `${staleUploads.count} uploads, ${Math.round(staleUploads.kib / 1024)} MiB`,
			why: 'Nobody went on with these uploads for a week; they only take room.',
			advice: 'Let the registry purge them: storage.maintenance.uploadpurging.enabled.',
		});
	}

	return risks;
}

function percent(share: number): string {
	return `${(share * 100).toFixed(1)} %`;
}
