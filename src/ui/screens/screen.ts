import type {Incident} from '../../domain/incident/incident.ts';
import type {Pen, Row} from '../draw/pen.ts';
import type {Intent, When} from '../state/keymap.ts';
import type {Scene, SceneOf} from '../state/scene.ts';
import type {ScreenState, Stage, Turn} from '../state/screen-state.ts';

/** What a screen is drawn with. */
export type Desk = {pen: Pen; width: number; now: number; incident: Incident; journalFolder: string};

/** What stands in the main pane. `focus`: lines that have to be in sight; `foot`: lines that always are. */
export type Sheet = {title: string; rows: Row[]; focus?: readonly [number, number]; foot?: Row[]};

/** The screen of one kind of step: what it shows, and what keys do there. Pure. */
export type Screen<Kind extends Scene['kind']> = {
	/** Where its keys stand in the keymap. */
	places: readonly When[];
	draw(scene: SceneOf<Kind>, state: ScreenState, desk: Desk): Sheet;
	/** What comes next, for the line above the keys. */
	next(scene: SceneOf<Kind>): string;
	/** Undefined: this intent is not for this screen. */
	act?(scene: SceneOf<Kind>, state: ScreenState, intent: Intent, stage: Stage): Turn | undefined;
	/** The line in its field is finished. */
	submit?(scene: SceneOf<Kind>, state: ScreenState, text: string, stage: Stage): Turn;
	/** What each row that can be picked stands for, to be copied. None: the arrows scroll. */
	picks?(scene: SceneOf<Kind>, state: ScreenState): string[];
	/** What `y` copies where nothing is picked. */
	copy?(scene: SceneOf<Kind>): string | undefined;
};
