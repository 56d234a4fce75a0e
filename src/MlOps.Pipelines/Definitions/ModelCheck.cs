using MlOps.Content;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Pipelines.Manifests;
using MlOps.Pipelines.ModelCode;
using MlOps.Scoring;

namespace MlOps.Pipelines.Definitions;

/// <summary>What can be wrong with a model's manifest without looking at its data.</summary>
internal sealed class ModelCheck(WorkspaceDefinition workspace, ModelDefinition model, List<Diagnostic> found)
{
    public void All()
    {
        var manifest = model.Manifest;
        if (!WorkspaceDefinition.IsModelName(model.Name))
        {
            found.Add(WorkspaceDefinition.BadName("model", model.Name, model.Folder));
        }

        if (model.Folder == CodeSources.Shared)
        {
            found.Add(new("MLO2268", "no model can be called 'shared'")
            {
                Where = model.File,
                Why = $"{CodeSources.Shared} is the folder of the C# files that all models share",
                Mend = "rename the folder",
            });
        }

        if (workspace.Manifest.Data.TryGetValue(manifest.Data, out var data) && !data.IsTable)
        {
            found.Add(new("MLO2095", $"dataset '{manifest.Data}' is no table")
            {
                Where = model.At("data"),
                Why = "its format is files, which only run steps can read",
                Mend = "set \"format\": \"csv\" if it is a CSV file; or make a table of it with a run step",
            });
        }
        else if (data is null)
        {
            var nearest = Diagnostic.Nearest(manifest.Data, workspace.Manifest.Data.Keys);
            found.Add(new("MLO2008", $"dataset '{manifest.Data}' is not declared")
            {
                Where = model.At("data"),
                Why = workspace.Manifest.Data.Count == 0 ? "nuke.json declares none" : $"nuke.json declares {string.Join(", ", workspace.Manifest.Data.Keys.Order(StringComparer.Ordinal))}",
                Mend = nearest is null ? "declare it in nuke.json under \"data\"" : $"did you mean '{nearest}'?",
            });
        }

        Features();
        found.AddRange(Placed(manifest.Trainer.Validate(), "trainer"));
        if (manifest.Trainer.Source is { } file && WorkspaceDefinition.Outside(file, model.At("trainer", "file")) is { } outside)
        {
            found.Add(outside);
        }

        if (manifest.Tune is { } tune)
        {
            new TuneCheck(model, tune, found).All();
        }

        found.AddRange(model.Learning.CheckCalibration().Select(wrong => wrong.Diagnostic with { Where = model.At(wrong.Member) }));
        found.AddRange(model.Evaluation.Validate().Select(wrong => wrong.Diagnostic with { Where = model.At(["evaluate", .. wrong.Path]) }));
        found.AddRange((manifest.Explain ?? new()).Validate().Select(wrong => wrong.Diagnostic with { Where = model.At("explain", wrong.Member) }));
        if (manifest.Gate is { } gate)
        {
            found.AddRange(Gate.Validate(gate.Rules, manifest.Task, model.Evaluation).Select(wrong => wrong.Diagnostic with { Where = model.At(["gate", .. gate.Metrics?.ContainsKey(wrong.Path[0]) == true ? ["metrics"] : Array.Empty<string>(), .. wrong.Path]) }));
            Champion(gate);
            GateMetrics(gate);
        }

        foreach (var (metric, tolerance) in manifest.Verify?.Tolerance ?? [])
        {
            var metrics = model.Evaluation.MetricNames(manifest.Task);
            if (!metrics.Contains(metric) || tolerance is not >= 0)
            {
                var nearest = Diagnostic.Nearest(metric, metrics);
                found.Add(new("MLO2142", $"'{metric}' cannot have a tolerance of {tolerance.ToString(System.Globalization.CultureInfo.InvariantCulture)}")
                {
                    Where = model.At("verify", "tolerance", metric),
                    Why = $"a tolerance is 0 or more, of one of the metrics {string.Join(", ", metrics)}",
                    Mend = nearest is null || nearest == metric ? "mend or remove it" : $"did you mean '{nearest}'?",
                });
            }
        }

        if (manifest.Weight is { } weight && weight == manifest.Label)
        {
            found.Add(new("MLO2011", $"column '{weight}' cannot be the weight") { Where = model.At("weight"), Why = "it is the label", Mend = "name another column, or remove 'weight'" });
        }

        if (manifest.Limits?.Megabytes is < 64 or > 1 << 20)
        {
            found.Add(new("MLO2265", $"'megabytes' is {manifest.Limits.Megabytes}") { Where = model.At("limits", "megabytes"), Why = "allowed is 64 to 1048576", Mend = "choose a number of that range, or remove it for the default" });
        }

        if (manifest.Tests is { } tests && tests.Distinct(StringComparer.Ordinal).Count() < tests.Count)
        {
            found.Add(new("MLO2271", "\"tests\" names a type twice") { Where = model.At("tests"), Mend = "keep one of them" });
        }

        WorkspaceDefinition.CheckSteps(manifest.Steps, name => model.At("steps", name), found);
        if (manifest.Positive is not null && manifest.Task != ModelTask.Binary)
        {
            found.Add(new("MLO2009", "'positive' is for binary models only") { Where = model.At("positive"), Why = $"the task is {manifest.Task}", Mend = "remove it" });
        }
    }

    /// <summary>Bounds of the product's metrics stand beside <c>metrics</c>, which is for the model's own.</summary>
    private void GateMetrics(GateManifest gate)
    {
        var own = (model.Evaluation.Metrics ?? []).Keys;
        foreach (var metric in (gate.Metrics ?? []).Keys.Where(metric => MetricOptions.IsKnown(metric) || !MetricOptions.IsName(metric)))
        {
            found.Add(new("MLO2270", $"gate metric '{metric}' is none of the model's own")
            {
                Where = model.At("gate", "metrics", metric),
                Why = own.Count == 0 ? "\"evaluate\" declares no \"metrics\"" : $"\"evaluate\" declares {string.Join(", ", own.Order(StringComparer.Ordinal))}",
                Mend = MetricOptions.IsKnown(metric) ? $"write \"{metric}\" in \"gate\" itself" : Diagnostic.Nearest(metric, own) is { } nearest ? $"did you mean '{nearest}'?" : "name one of them, or remove it",
            });
        }
    }

    private void Features()
    {
        var features = model.Manifest.Features;
        if (features.Count == 0)
        {
            found.Add(new("MLO2010", $"model '{model.Name}' has no feature") { Where = model.At("features"), Mend = "name at least one column in \"features\"" });
        }

        foreach (var (column, options) in features)
        {
            var why = column == model.Manifest.Label ? "it is the label"
                : column == model.Split.Column && model.Split.By is SplitBy.Column or SplitBy.Group ? "it decides the split"
                : column == model.Manifest.Weight ? "it says how much each row counts"
                : options is IdentifierFeature ? "an identifier names the row and says nothing about other rows" : null;
            if (why is not null)
            {
                found.Add(new("MLO2011", $"column '{column}' cannot be a feature") { Where = model.At("features", column), Why = why, Mend = $"remove '{column}' from \"features\"" });
            }

            if (options.From?.Contains(model.Manifest.Label) == true)
            {
                found.Add(new("MLO2267", $"feature '{column}' is computed from the label")
                {
                    Where = model.At("features", column),
                    Why = $"'{model.Manifest.Label}' is what is predicted: whoever scores does not have it",
                    Mend = $"remove '{model.Manifest.Label}' from \"from\"",
                });
            }

            if (options.Code is null != (options.From is not { Count: > 0 }))
            {
                found.Add(new("MLO2266", $"feature '{column}' has '{(options.Code is null ? "from" : "code")}' alone")
                {
                    Where = model.At("features", column),
                    Why = "'code' names the function that computes it, 'from' at least one column that the function takes",
                    Mend = "give both, or neither",
                });
            }

            found.AddRange(options.Validate(model.Manifest.Trainer).Select(wrong => wrong.Diagnostic with { Where = model.At("features", column, wrong.Member) }));
        }
    }

    private void Champion(GateManifest gate)
    {
        var environments = workspace.Manifest.Environments.Keys;
        if (gate.Champion is { Environment: var name } && !environments.Contains(name))
        {
            var nearest = Diagnostic.Nearest(name, environments);
            found.Add(new("MLO2190", $"environment '{name}' is not declared")
            {
                Where = model.At("gate", "champion", "environment"),
                Why = environments.Count == 0 ? "nuke.json declares none" : $"nuke.json declares {string.Join(", ", environments.Order(StringComparer.Ordinal))}",
                Mend = nearest is null ? "declare it in nuke.json under \"environments\"" : $"did you mean '{nearest}'?",
            });
        }
    }

    private IEnumerable<Diagnostic> Placed(IEnumerable<Diagnostic> diagnostics, string key) =>
        diagnostics.Select(diagnostic => diagnostic with { Where = model.At(key) });
}
