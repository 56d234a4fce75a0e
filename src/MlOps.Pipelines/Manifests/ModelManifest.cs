using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Data;
using MlOps.Learning;
using MlOps.Scoring;

namespace MlOps.Pipelines.Manifests;

/// <summary><c>models/NAME/model.json</c>: what a model learns from and how it is judged. Strict: an unknown key is an error.</summary>
public sealed record ModelManifest
{
    /// <summary>Where editors find the schema; ignored otherwise.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    /// <summary>Values by name, for <c>${NAME}</c> in any text of this file; they win over those of <c>nuke.json</c>.</summary>
    public Dictionary<string, JsonElement>? Variables { get; set; }

    /// <summary>Makes a model per value of a list, called <c>NAME@VALUE</c>; <c>${item}</c> is the value.</summary>
    public JsonElement? Foreach { get; set; }

    /// <summary>Makes a model per combination of values, called <c>NAME@AXIS=VALUE,…</c>: each axis a list of values, <c>${AXIS}</c> the value.</summary>
    public JsonElement? Matrix { get; set; }

    /// <summary>Combinations that a <c>matrix</c> leaves out: each an object with values of some axes.</summary>
    public JsonElement? Exclude { get; set; }

    /// <summary>What it predicts: a number, one of two classes, or one of many.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>The dataset's name in <c>nuke.json</c>.</summary>
    public required string Data { get; init; }

    /// <summary>The column to predict; rows without it are dropped and counted.</summary>
    public required string Label { get; init; }

    /// <summary>Binary only: the label's value whose probability is predicted. Default: 1, true or yes, else the rarer.</summary>
    public string? Positive { get; init; }

    /// <summary>A column of numbers above 0: how much each training row counts beside the others; no feature.</summary>
    public string? Weight { get; init; }

    /// <summary>Who answers for the model.</summary>
    public string? Owner { get; init; }

    /// <summary>The licence that its packages are under, as SPDX names it, such as <c>MIT</c>; a file LICENSE in the model's folder ships as its text.</summary>
    public string? License { get; set; }

    /// <summary>What the model card says besides numbers.</summary>
    public CardManifest? Card { get; set; }

    /// <summary>What the model's own code makes of the dataset's table before anything else, in this order. Scoring does not do it: what every row needs is a feature.</summary>
    public IReadOnlyList<PrepareManifest> Prepare { get; set; } = [];

    /// <summary>The columns to learn from, and what each means: its kind, or an object with the kind and how it enters.</summary>
    public required Dictionary<string, FeatureOptions> Features { get; init; }

    /// <summary>Which rows test the model and never train it. Default: a fifth, by the hash of the row.</summary>
    public SplitManifest? Split { get; init; }

    /// <summary>How it learns.</summary>
    public required TrainerOptions Trainer { get; init; }

    /// <summary>How its options are searched; without it the trainer is used as declared.</summary>
    public TuneManifest? Tune { get; init; }

    /// <summary>Binary: how scores become probabilities that rows of such a score really have, fitted to training rows only.</summary>
    public CalibrationKind? Calibrate { get; init; }

    /// <summary>Binary: what wrong predictions cost; decides from which probability a row is called positive. Default: from 0.5.</summary>
    public ErrorCosts? Threshold { get; init; }

    /// <summary>Tests of the model's own code, by the full names of types: each public method without parameters that returns nothing, or a task, is one, and fails by throwing. Nothing is
    /// tuned or trained while one fails; they read no data.</summary>
    public IReadOnlyList<string>? Tests { get; set; }

    /// <summary>How it is measured beside its metrics on all test rows: slices, intervals, metrics of its own.</summary>
    public EvaluationOptions? Evaluate { get; init; }

    /// <summary>How it is explained as part of its build: what matters to it, and how; <c>false</c> leaves it out.</summary>
    public ExplainOptions? Explain { get; init; }

    /// <summary>What it must meet on the test rows; without it nothing is refused.</summary>
    public GateManifest? Gate { get; init; }

    /// <summary><c>false</c> accepts that the model's own code gives other results at other times, and warns of nothing. Default: true.</summary>
    public bool? Deterministic { get; set; }

    /// <summary>What the model's own code may take; changes no result.</summary>
    public LimitsManifest? Limits { get; set; }

    /// <summary>How near a rebuild must come (<c>Verify --rebuild</c>); every byte when left out.</summary>
    public VerifyManifest? Verify { get; init; }

    /// <summary>How it is tried once it serves.</summary>
    public ServeManifest? Serve { get; init; }

    /// <summary>Steps that are any program, by name; paths are relative to the model's folder.</summary>
    public Dictionary<string, RunStepManifest> Steps { get; set; } = [];
}

/// <summary>What a model card says in words.</summary>
public sealed record CardManifest
{
    /// <summary>What the model is, in a sentence.</summary>
    public string? Description { get; set; }

    /// <summary>What it is meant for.</summary>
    public string? Uses { get; set; }

    /// <summary>What it cannot do, or should not be asked.</summary>
    public string? Limits { get; set; }
}

/// <summary>A function that makes a table of a table.</summary>
public sealed record PrepareManifest
{
    /// <summary>A public static method of the C# files of the model or of <c>models/shared</c>, <c>Type.Method</c>: takes and returns an <c>MlOps.Data.Frame</c>.</summary>
    public required string Code { get; init; }
}

/// <summary>What the model's own code may take.</summary>
public sealed record LimitsManifest
{
    /// <summary>How long one run of it may take: seconds, or a text such as <c>30s</c>, <c>10m</c>, <c>2h</c>. Default: ten minutes.</summary>
    public Duration? Timeout { get; set; }

    /// <summary>How many megabytes its objects may fill, 64 to 1048576. Default: three quarters of the machine's memory.</summary>
    public int? Megabytes { get; set; }
}

/// <summary>How near a rebuild of a model must come, where its steps cannot give the same bytes twice.</summary>
public sealed record VerifyManifest
{
    /// <summary>By metric, how far it may be from the one in the lock, 0 or more; metrics that are not named may differ.</summary>
    public Dictionary<string, double> Tolerance { get; set; } = [];
}

/// <summary>How a model is tried once it serves.</summary>
public sealed record ServeManifest
{
    /// <summary>Rows with what must come of them; the first also stands in the curl line that Release prints.</summary>
    public IReadOnlyList<ServeExample> Examples { get; set; } = [];
}

/// <summary>A row with what must come of it.</summary>
public sealed record ServeExample
{
    /// <summary>Column to value; columns left out are missing.</summary>
    public required Dictionary<string, JsonElement> Input { get; init; }

    /// <summary>What must come of it; nothing but an answer when left out.</summary>
    public Expectation? Expect { get; init; }
}

/// <summary>What must come of a row; all that is given must hold.</summary>
public sealed record Expectation
{
    /// <summary>The least prediction (regression) or probability of the positive class (binary).</summary>
    public double? Min { get; init; }

    /// <summary>The greatest prediction (regression) or probability of the positive class (binary).</summary>
    public double? Max { get; init; }

    /// <summary>The class (binary and multiclass).</summary>
    public string? Label { get; init; }
}
