import type {Said} from '../said.ts';
import type {LinkPlace} from './links.ts';

export type LinkLines = {
	push(line: string): void;
	/** @param said what grep complained about @returns what nobody has read */
	finish(said: Said): LinkPlace[];
};

/**
 * Reads what grep says of links, in the order they were asked for: `path:content` for each line of each file. Each content
 * is put in its place as it comes.
 */
export function openLinkLines(places: readonly LinkPlace[]): LinkLines {
	const passed: LinkPlace[] = [];
	let next = 0;
	let current: {place: LinkPlace; content: string} | undefined;

	return {
		push(line) {
			const colon = line.indexOf(':');
			const path = line.slice('./'.length, colon);
			const content = line.slice(colon + 1);
			if (current?.place.path === path) {
				current.content += `\n${content}`;
				return;
			}

			let at = next;
			while (at < places.length && places[at]!.path !== path) {
				at++;
			}

			// /dev/null has no lines, so whatever this is, it was not asked for.
			if (at < places.length) {
				putCurrent();
				passed.push(...places.slice(next, at));
				current = {place: places[at]!, content};
				next = at + 1;
			}
		},
		finish({vanished, unreadable}) {
			putCurrent();
			passed.push(...places.slice(next));
			const unread = passed.filter(({path}) => !vanished.has(path));
			for (const place of passed.filter(({path}) => vanished.has(path))) {
				place.put(undefined);
			}

			// Part of it may have been read before the disk gave up.
			const doubtful = new Set(unreadable.map(({path}) => path));
			for (const place of doubtful.size === 0 ? [] : places.filter(({path}) => doubtful.has(path))) {
				place.put(place.link);
				unread.push(place);
			}

			return [...new Set(unread)];
		},
	};

	function putCurrent(): void {
		if (current !== undefined) {
			const {place, content} = current;
			// grep ends every line: whether the file did, only its size tells.
			const isLineEnded = content.length + 1 === place.link.size;
			place.put({...place.link, content: isLineEnded ? `${content}\n` : content});
			current = undefined;
		}
	}
}
