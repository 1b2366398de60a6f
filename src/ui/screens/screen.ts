import type {Incident} from '../../domain/incident/incident.ts';
import type {Formatter, Row} from '../draw/formatter.ts';
import type {FocusedRows} from '../draw/pane.ts';
import type {Intent, KeyScope} from '../state/keymap.ts';
import type {ScreenState, Transition, UpdateContext} from '../state/screen-state.ts';
import type {Situation, SituationOf} from '../state/situation.ts';

/** What a screen is drawn with. */
export type DrawContext = {format: Formatter; width: number; now: number; incident: Incident; journalFolder: string};

/** What is in the main pane. `foot`: lines that always stay in sight. */
export type PaneContent = FocusedRows & {title: string; foot?: Row[]};

/** The screen of one kind of step: what it shows, and what keys do there. Pure. */
export type Screen<Kind extends Situation['kind']> = {
	/** Where the keymap has its keys. */
	scopes: readonly KeyScope[];
	/** The same, where it depends on what is asked. */
	scopesFor?(situation: SituationOf<Kind>, state: ScreenState): readonly KeyScope[];
	draw(situation: SituationOf<Kind>, state: ScreenState, context: DrawContext): PaneContent;
	/** What the person does next, for the line above the keys. */
	next(situation: SituationOf<Kind>, state: ScreenState): string;
	/** Undefined where the intent is none of this screen. */
	act?(
		situation: SituationOf<Kind>,
		state: ScreenState,
		intent: Intent,
		context: UpdateContext,
	): Transition | undefined;
	/** The line in its field is finished. */
	submit?(situation: SituationOf<Kind>, state: ScreenState, text: string, context: UpdateContext): Transition;
	/** The rows that can be picked, by what `y` copies of them. Where there are none, the arrows scroll. */
	picks?(situation: SituationOf<Kind>, state: ScreenState): string[];
	/** What `y` copies where nothing is picked. */
	copy?(situation: SituationOf<Kind>): string | undefined;
};
