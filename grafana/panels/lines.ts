import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Color } from './limits.ts';
import { furnish, type PanelPlan } from './plan.ts';

/** Lines over time, each by its own name: the same name has the same colour in every panel. */
export function lines(plan: PanelPlan): PanelBuilder {
  return furnish(new PanelBuilder(), plan)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .min(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
}

/** Parts of a whole over time. */
export function layers(plan: PanelPlan): PanelBuilder {
  return lines(plan)
    .lineWidth(1)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
}

/** What happened within a time, as bars upon each other. */
export function bars(plan: PanelPlan): PanelBuilder {
  return layers(plan).drawStyle(GraphDrawStyle.Bars).fillOpacity(80);
}

/** Gives the lines of some names the colours that their meaning has everywhere. */
export function coloured(panel: PanelBuilder, colors: Readonly<Record<string, Color>>): PanelBuilder {
  for (const [name, fixedColor] of Object.entries(colors)) {
    panel.overrideByName(name, [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } }]);
  }
  return panel;
}
