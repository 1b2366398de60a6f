import type {Digest} from '../../domain/image/digest.ts';
import type {Store} from '../images/store.ts';

/** One way in which a registry breaks, for people to practise on. */
export type Scenario = {
	name: string;
	title: string;
	/** Two or three sentences, shown when the drill begins. */
	story: string;
	/** The page that leads through it. */
	runbook: 'orphan-index' | 'registry-damage';
	/** How images are built, by their repository in the registry. */
	builds: Readonly<Record<string, ScenarioBuild>> & {[incidentRepository]: ScenarioBuild};
	/** Fills an empty store, and damages it. The same seed makes the same images. */
	make(store: Store, seed: string): Promise<Damage>;
};

export type ScenarioBuild = {
	/** The repository `acme/NAME`, whose pipeline builds the image on `main`. */
	pipeline: {name: string; pushes: string[]; runsIn: string[]; history: History};
	/** What the fallback tags. Absent: there is no fallback. */
	fallback?: string[];
};

/**
 * The pipelines before the drill. `pushes-failing`: ordinary ones, which fail since the image of the incident broke; `last-failed`:
 * builds of the image, the last of which failed for that reason; `running`: builds, and one that a colleague started a moment ago.
 */
type History = 'pushes-failing' | 'last-failed' | 'running';

/** Of every scenario the image that is reported, and that pipelines run in. */
export const incidentRepository = 'infra-ci';
export const incidentTag = 'latest';

/** What a scenario damaged, for tests and the debriefing. */
export type Damage = {
	/** Of the reported image. */
	repository: string;
	tags: string[];
	digests: string[];
	remedy: 'rebuild' | 'relink';
	/** Every damaged image, where there are several. */
	images?: DamagedByScenario[];
};

export type DamagedByScenario = {repository: string; digest: Digest; tags: string[]; remedy: 'rebuild' | 'relink'};
