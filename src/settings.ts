/** Colophon's settings as JupyterLab keeps them; the schema is schema/settings/plugin.json. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Id of the plugin that owns the settings. */
export const SETTINGS_ID = 'jupyterlab-colophon:plugin';

export interface Preferences {
  /** Show who ran and who last changed a cell, below it. */
  readonly showCellFooters: boolean;
  /** Say "5 min ago" instead of the time of day in the history. */
  readonly relativeTime: boolean;
  /** Events to load at once; 50 to 5000. */
  readonly historyPageSize: number;
  /** Show routine (saves, the agent's start) in the history, too, unless a kind is chosen. */
  readonly showSystem: boolean;
}

const DEFAULTS: Preferences = {
  showCellFooters: true,
  relativeTime: true,
  historyPageSize: 500,
  showSystem: false
};

/** The preferences now, and a signal when they change. Works with defaults while they load. */
export class Settings {
  get current(): Preferences {
    return this.preferences;
  }

  get changed(): ISignal<this, void> {
    return this.hasChanged;
  }

  /** Take the values from the registry now and whenever they change. */
  follow(settings: ISettingRegistry.ISettings): void {
    const take = () => {
      const composite = settings.composite as Partial<Preferences>;
      this.preferences = { ...DEFAULTS, ...composite };
      this.hasChanged.emit();
    };
    settings.changed.connect(take);
    take();
  }

  private preferences = DEFAULTS;
  private readonly hasChanged = new Signal<this, void>(this);
}
