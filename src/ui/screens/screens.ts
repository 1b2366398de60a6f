import type {Situation} from '../state/situation.ts';
import {askScreen} from './ask.ts';
import {byHandScreen} from './by-hand.ts';
import {chooseScreen} from './choose.ts';
import {gateScreen} from './gate.ts';
import {heldScreen} from './held.ts';
import {itemsScreen} from './items.ts';
import {planScreen} from './plan.ts';
import type {Screen} from './screen.ts';
import {stoppedScreen} from './stopped.ts';
import {stuckScreen} from './stuck.ts';
import {unsureScreen} from './unsure.ts';
import {workingScreen} from './working.ts';

const screens: {[Kind in Situation['kind']]: Screen<Kind>} = {
	working: workingScreen,
	held: heldScreen,
	choose: chooseScreen,
	gate: gateScreen,
	plan: planScreen,
	items: itemsScreen,
	unsure: unsureScreen,
	ask: askScreen,
	'by-hand': byHandScreen,
	stuck: stuckScreen,
	stopped: stoppedScreen,
};

/** The screen of a situation. It was picked by the situation's kind, so it takes that situation. */
export function screenOf(situation: Situation): Screen<Situation['kind']> {
	return screens[situation.kind] as unknown as Screen<Situation['kind']>;
}
