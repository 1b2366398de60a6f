import type {Finding} from '../../domain/storage/findings/finding.ts';
import type {UnlinkedImage} from '../../domain/storage/unlinked/unlinked-image.ts';
import {sayTime} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {byteSize, count} from '../../domain/text/wording.ts';
import {wrap} from '../../domain/text/wrap.ts';

const mostListed = 20;

/** Whether it is an image that no repository has, and whose name nothing tells. */
export function isUnnamed({kind, repository}: Finding): boolean {
	return kind === 'repository-vanished' && repository === '';
}

/** The images without a name, those stored last first: the whole digest of each, because a person has to give it. */
export function sayUnnamed(findings: readonly Finding[], registry: string, columns: number): string[] {
	const unnamed = findings
		.filter(isUnnamed)
		.sort((one, other) => ((one.is?.stored ?? '') < (other.is?.stored ?? '') ? 1 : -1));
	if (unnamed.length === 0) {
		return [];
	}

	const [isOrAre, it] = unnamed.length === 1 ? ['is', 'it'] : ['are', 'them'];
	return [
		...wrap(
			`${count(unnamed.length, 'image')} ${isOrAre} on the disk and in no repository. The next garbage collection deletes ${it}, a plain one too. The names are not on the disk:`,
			{columns},
		),
		...unnamed
			.slice(0, mostListed)
			.flatMap(({digest = '', is, missing}) => [
				`  - ${digest}`,
				...wrap(sayUnlinked(is, missing.length), {first: '    ', rest: '    ', columns}),
			]),
		...(unnamed.length > mostListed ? [`  … and ${unnamed.length - mostListed} more: --json lists them all.`] : []),
		...wrap(`To link one again: regmedic respond --image ${visibleLine(registry)}/REPOSITORY:TAG@DIGEST`, {columns}),
	];
}

/** `index of linux/amd64, linux/arm64; 12.3 MB, whole; built 2026-04-01 10:00 UTC; stored 2026-04-18 02:00 UTC` */
function sayUnlinked(is: UnlinkedImage | undefined, gone: number): string {
	if (is === undefined) {
		return '';
	}

	const {form, type, platforms, built, stored, bytes} = is;
	const what = type === undefined ? form : `${form} ${visibleLine(type)}`;
	return [
		platforms.length === 0 ? what : `${what} of ${visibleLine(platforms.join(', '))}`,
		`${byteSize(bytes)}, ${gone === 0 ? 'whole' : `${count(gone, 'part')} gone`}`,
		...(built === undefined ? [] : [`built ${sayTime(built)}`]),
		...(stored === undefined ? [] : [`stored ${sayTime(stored)}`]),
	].join('; ');
}
