import type {Store} from '../store.ts';
import type {Broken} from '../world-file.ts';

export type Scenario = {
	name: string;
	title: string;
	/** Two or three sentences, shown when the drill begins. */
	story: string;
	/** The pipeline that builds the image runs in the image: it cannot repair itself. */
	ciRunsInImage: boolean;
	/** Damages a healthy company's registry. */
	break(parts: ScenarioParts): Promise<Broken>;
};

export type ScenarioParts = {store: Store; company: Company};

/** What was pushed before anything broke. */
export type Company = {repository: string; tag: string; latest: Pushed; older: Pushed};
export type Pushed = {tags: string[]; children: {digest: string; platform: string}[]};
