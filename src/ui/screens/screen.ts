import type {Incident} from '../../domain/incident/incident.ts';
import type {Pen, Row} from '../draw/pen.ts';
import type {Intent, KeyScope} from '../state/keymap.ts';
import type {Scene, SceneOf} from '../state/scene.ts';
import type {ScreenState, Transition, UpdateContext} from '../state/screen-state.ts';

/** What a screen is drawn with. */
export type DrawContext = {pen: Pen; width: number; now: number; incident: Incident; journalFolder: string};
export type Desk = DrawContext;

/** What is in the main pane. `focus`: the first and the last line to keep in sight; `foot`: lines that always are. */
export type PaneContent = {title: string; rows: Row[]; focus?: readonly [number, number]; foot?: Row[]};

/** The screen of one kind of step: what it shows, and what keys do there. Pure. */
export type Screen<Kind extends Scene['kind']> = {
	/** Where the keymap has its keys. */
	scopes: readonly KeyScope[];
	draw(scene: SceneOf<Kind>, state: ScreenState, context: DrawContext): PaneContent;
	/** What the person does next, for the line above the keys. */
	next(scene: SceneOf<Kind>, state: ScreenState): string;
	/** Undefined where the intent is none of this screen. */
	act?(scene: SceneOf<Kind>, state: ScreenState, intent: Intent, context: UpdateContext): Transition | undefined;
	/** The line in its field is finished. */
	submit?(scene: SceneOf<Kind>, state: ScreenState, text: string, context: UpdateContext): Transition;
	/** The rows that can be picked, by what `y` copies of them. Where there are none, the arrows scroll. */
	picks?(scene: SceneOf<Kind>, state: ScreenState): string[];
	/** What `y` copies where nothing is picked. */
	copy?(scene: SceneOf<Kind>): string | undefined;
};
