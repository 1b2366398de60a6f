import path from 'node:path';
import type {Incident} from '../domain/incident/incident.ts';
import {renderMarkdown} from '../domain/post-mortem/markdown.ts';
import {postMortemOf} from '../domain/post-mortem/post-mortem.ts';
import type {Journal} from '../engine/ports/journal.ts';
import {writeDocument} from './write-document.ts';

export {exitOf} from '../domain/incident/incident-exit.ts';
export {sayEnd} from '../plain/session/say-end.ts';

/** A drill's stands beside its journal like a real one's; the document itself says DRILL. @returns its path, for a closed incident */
export async function writePostMortem(journal: Journal, incident: Incident): Promise<string | undefined> {
	if (incident.phase.is !== 'stopped') {
		return undefined;
	}

	const file = path.join(journal.folder, 'post-mortem.md');
	await writeDocument(file, renderMarkdown(postMortemOf(journal.events())), path.basename(journal.folder));
	return file;
}
