import { styleText } from 'node:util';

/** One thing of a list: its name, and why it is there. */
export interface Item {
  readonly name: string;
  readonly meaning: string;
}

/** A waiting line that tells nothing new for this long gets a clock, so that nobody takes it for stuck. */
const TICK_SECONDS = 1;

/** What the demo itself says, on standard output; the command line that it runs speaks for itself. */
export class Narrator {
  #chapters = 0;
  #clock: NodeJS.Timeout | undefined;

  chapter(title: string): void {
    this.#chapters += 1;
    this.#write(`\n${styleText('bold', `${this.#chapters}. ${title}`)}\n`);
  }

  say(text: string): void {
    this.#write(`   ${text}\n`);
  }

  /** Names in one column, meanings in the next. */
  list(items: readonly Item[]): void {
    const width = Math.max(...items.map(({ name }) => name.length));
    for (const { name, meaning } of items) {
      this.#write(`     ${name.padEnd(width)}  ${styleText('dim', meaning)}\n`);
    }
  }

  /** A command that runs next, as a user would type it. */
  command(line: string): void {
    this.#write(`${styleText('cyan', `$ ${line}`)}\n\n`);
  }

  /** A command for the user to type. */
  suggest(line: string): void {
    this.#write(`     ${styleText('cyan', line.replaceAll('\n', '\n     '))}\n`);
  }

  /** Says what takes a while; on a terminal with the seconds so far, until `ended`. */
  waiting(text: string): void {
    this.ended();
    if (!process.stdout.isTTY) {
      this.say(`${text} ...`);
      return;
    }
    const startedAt = performance.now();
    const show = (): void => {
      const seconds = Math.floor((performance.now() - startedAt) / 1000);
      const line = `   ${text} ... ${seconds > 0 ? `${seconds} s` : ''}`;
      // A line that wraps could not be written over.
      this.#write(`\r${line.slice(0, process.stdout.columns - 1)}`);
    };
    show();
    this.#clock = setInterval(show, TICK_SECONDS * 1000);
  }

  /** Ends the line of `waiting`. */
  ended(): void {
    if (this.#clock === undefined) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.#write('\n');
  }

  #write(text: string): void {
    process.stdout.write(text);
  }
}
