import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import {OperatorError} from '../domain/errors.ts';
import type {Incident} from '../domain/incident/incident.ts';
import {exitOf} from '../domain/incident/standing.ts';
import {renderMarkdown} from '../domain/post-mortem/markdown.ts';
import {postMortemOf} from '../domain/post-mortem/post-mortem.ts';
import type {Journal} from '../engine/ports/journal.ts';
import {sayEnd, type Whereabouts} from '../plain/session/say-end.ts';

type Ending = {
	incident: Incident;
	journal: Journal;
	print(text: string): void;
	/** Where the person finds it again. Absent: plain lines have told how it ended. */
	summary?: Whereabouts | undefined;
};

/** Prints how the incident stands and, for a closed one, writes its post-mortem. @returns the exit code */
export async function endIncident({incident, journal, print, summary}: Ending): Promise<number> {
	if (summary !== undefined) {
		print(`${sayEnd(incident, summary).join('\n')}\n`);
	}

	if (incident.phase.kind === 'stopped') {
		// A drill's is beside its journal like a real one's; the document itself says DRILL.
		const file = path.join(journal.folder, 'post-mortem.md');
		await writeDocument(file, renderMarkdown(postMortemOf(journal.events())), path.basename(journal.folder));
		print(`Post-mortem: ${file}\n`);
	}

	return exitOf(incident);
}

/**
 * Writes a document that can be made from the journal again at any time.
 * @throws OperatorError document.unwritable
 */
export async function writeDocument(file: string, text: string, incident: string): Promise<void> {
	await writeFileAtomic(file, text, {mode: 0o600}).catch((cause: NodeJS.ErrnoException) => {
		throw new OperatorError('document.unwritable', `Can't write ${file}: ${cause.code ?? cause.message}.`, {
			hint: `The journal holds all of it: \`regmedic export ${incident} --output FILE\` writes it elsewhere.`,
			exit: 'failed',
			cause,
		});
	});
}
