import type {LinkPlace} from './links.ts';
import type {Said} from './said.ts';

export type LinkLines = {
	push(line: string): void;
	/** Puts every content in its place. @param said what grep complained about @returns what nobody has read */
	finish(said: Said): LinkPlace[];
};

/** Reads what grep says of links: `path:content` for each line of each file. */
export function openLinkLines(places: readonly LinkPlace[]): LinkLines {
	const contents = new Map<string, string | undefined>(places.map(({path}) => [path, undefined]));

	return {
		push(line) {
			const colon = line.indexOf(':');
			const path = line.slice('./'.length, colon);
			if (line.startsWith('./') && contents.has(path)) {
				const before = contents.get(path);
				const content = line.slice(colon + 1);
				contents.set(path, before === undefined ? content : `${before}\n${content}`);
			}
		},
		finish({vanished, unreadable}) {
			for (const {path} of unreadable) {
				contents.delete(path);
			}

			return places.filter(({path, link, put}) => {
				const content = contents.get(path);
				if (content !== undefined) {
					// grep ends every line: whether the file did, only its size tells.
					put({...link, content: content.length + 1 === link.size ? `${content}\n` : content});
				} else if (vanished.has(path)) {
					put(undefined);
				}

				return content === undefined && !vanished.has(path);
			});
		},
	};
}
