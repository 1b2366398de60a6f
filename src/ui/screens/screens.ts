import type {Scene} from '../state/scene.ts';
import {askScreen} from './ask.ts';
import {byHandScreen} from './by-hand.ts';
import {chooseScreen} from './choose.ts';
import {gateScreen} from './gate.ts';
import {heldScreen} from './held.ts';
import type {Screen} from './screen.ts';
import {stoppedScreen} from './stopped.ts';
import {stuckScreen} from './stuck.ts';
import {unsureScreen} from './unsure.ts';
import {workingScreen} from './working.ts';

const screens: {[Kind in Scene['kind']]: Screen<Kind>} = {
	working: workingScreen,
	held: heldScreen,
	choose: chooseScreen,
	gate: gateScreen,
	unsure: unsureScreen,
	ask: askScreen,
	'by-hand': byHandScreen,
	stuck: stuckScreen,
	stopped: stoppedScreen,
};

/** The screen of a scene. It was picked by the scene's kind, so it takes that scene. */
export function screenOf(scene: Scene): Screen<Scene['kind']> {
	return screens[scene.kind] as unknown as Screen<Scene['kind']>;
}
