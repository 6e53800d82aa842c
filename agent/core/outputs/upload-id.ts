/** The ids of a cell's uploads: they name the run whose cell it is, and whether the value is that run's. Pure. */

/** The id of the cell's upload with this number. `own`: the run itself gave the value. */
export function uploadId(run: string, number: number, own: boolean): string {
  return own ? `${run}-${number}` : `${run}-other-${number}`;
}

/** The run that gave what is uploaded; undefined if it is not that of the cell. */
export function runOfUpload(upload: string): string | undefined {
  return /^(?!.*-other-\d+$)(.+)-\d+$/.exec(upload)?.[1];
}
