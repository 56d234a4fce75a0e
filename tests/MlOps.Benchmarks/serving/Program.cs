using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using MlOps.Scoring;

// serving echo PORT: a bare Kestrel that answers with the body it got.
// serving prepare MODEL FOLDER: writes an inference request of one row for a model, and wrk's script that posts it.
// serving score MODEL: prints the microseconds that one row takes to be scored, the least of many stretches.
switch (args)
{
    case ["echo", var port]:
        await EchoAsync(int.Parse(port, CultureInfo.InvariantCulture));
        break;
    case ["prepare", var model, var folder]:
        Prepare(OnnxModel.Read(File.ReadAllBytes(model)), folder);
        break;
    case ["score", var model]:
        Console.WriteLine(Least(OnnxModel.Read(File.ReadAllBytes(model))).ToString("F2", CultureInfo.InvariantCulture));
        break;
    default:
        return 64;
}

return 0;

static async Task EchoAsync(int port)
{
    var builder = WebApplication.CreateEmptyBuilder(new());
    builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenLocalhost(port);
    });
    await using var app = builder.Build();
    app.Run(async context =>
    {
        ReadResult read;
        while (!(read = await context.Request.BodyReader.ReadAsync()).IsCompleted)
        {
            context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = read.Buffer.Length;
        foreach (var piece in read.Buffer)
        {
            context.Response.BodyWriter.Write(piece.Span);
        }

        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        await context.Response.BodyWriter.FlushAsync();
    });
    await app.RunAsync();
}

static void Prepare(TrainedModel model, string folder)
{
    using var body = new MemoryStream();
    using (var json = new Utf8JsonWriter(body))
    {
        json.WriteStartObject();
        json.WriteStartArray("inputs");
        foreach (var input in model.Signature.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", input.Name);
            json.WriteStartArray("shape");
            json.WriteNumberValue(1);
            json.WriteEndArray();
            json.WriteString("datatype", input.Kind switch { MlOps.Data.FeatureKind.Numeric => "FP64", MlOps.Data.FeatureKind.Boolean => "BOOL", _ => "BYTES" });
            json.WriteStartArray("data");
            switch (input.Kind)
            {
                case MlOps.Data.FeatureKind.Numeric:
                    json.WriteNumberValue(12.5);
                    break;
                case MlOps.Data.FeatureKind.Boolean:
                    json.WriteBooleanValue(true);
                    break;
                default:
                    json.WriteStringValue(input.Kind == MlOps.Data.FeatureKind.Timestamp ? "2024-01-31T12:00:00Z" : "some words");
                    break;
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    var text = System.Text.Encoding.UTF8.GetString(body.ToArray());
    File.WriteAllText(Path.Join(folder, "request.json"), text);
    File.WriteAllText(Path.Join(folder, "post.lua"), $"wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = [==[{text}]==]\n");
}

static double Least(TrainedModel model)
{
    var scorer = new Scorer(model);
    var rows = FrameBuilder.For(model.Signature);
    rows.AddRow();
    for (var input = 0; input < model.Signature.Inputs.Count; input++)
    {
        if (model.Signature.Inputs[input].Kind == MlOps.Data.FeatureKind.Numeric)
        {
            rows.TrySetNumber(input, 12.5, out _);
        }
    }

    var frame = rows.Build();
    var least = double.MaxValue;
    for (var stretch = 0; stretch < 200; stretch++)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < 500; i++)
        {
            scorer.Predict(frame);
        }

        least = Math.Min(least, Stopwatch.GetElapsedTime(begin).TotalMicroseconds / 500);
    }

    return least;
}
