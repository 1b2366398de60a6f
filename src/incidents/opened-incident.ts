import type {ImageReference} from '../domain/image/reference.ts';
import {shortName} from '../domain/image/reference.ts';
import type {OpenIncident} from './lead-incident.ts';
import type {StartedIncident} from './start-incident.ts';

export type Opening = {
	/** The incident's name. */
	name: string;
	reference: ImageReference;
	start(): Promise<StartedIncident>;
	/** Closes what the incident works with. */
	close(): Promise<void>;
};

/** Begins an incident on what has been opened for it; where it cannot begin, all of that is closed again. */
export async function openedIncident({name, reference, start, close}: Opening): Promise<OpenIncident> {
	try {
		const {session, journal} = await start();
		return {
			session,
			journal,
			image: shortName(reference),
			resumeCommand: `regmedic resume ${name}`,
			async close() {
				await journal.close();
				await close();
			},
		};
	} catch (error) {
		await close();
		throw error;
	}
}
