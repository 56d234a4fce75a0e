using System.Text;
using System.Text.Json;
using MlOps.Delivery.Internal;

namespace MlOps.Delivery;

/// <summary>Asks a running service over HTTP: is it ready, does it serve these models, does it answer as it should?</summary>
/// <param name="models">What must be served, with digests.</param>
/// <param name="examples">Declared examples.</param>
/// <param name="heldOut">Rows whose predictions are known.</param>
public sealed class SmokeTest(IReadOnlyList<ServedModel> models, IReadOnlyList<SmokeExample> examples, IReadOnlyList<HeldOutRows> heldOut)
{
    /// <summary>Rows per request of plain rows.</summary>
    private const int Chunk = 500;

    /// <summary>Rows that are sent a second time, as tensors.</summary>
    private const int TensorRows = 20;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs every check; one that fails does not end the others, unless the service is not even ready. Only cancellation throws.</summary>
    /// <param name="url">The service's address.</param>
    public async Task<SmokeReport> RunAsync(Uri url, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(url, Timeout);
        if (!await client.IsReadyAsync(cancellationToken))
        {
            return new([new("ready", false, $"{url} does not answer that it is ready")]);
        }

        var checks = new List<SmokeCheck> { new("ready", true, $"{url} is ready") };
        foreach (var model in models)
        {
            checks.Add(await CheckAsync("digest", model.Name, () => ServesAsync(client, model, cancellationToken), cancellationToken));
        }

        foreach (var example in examples)
        {
            var name = $"example {Ordinal(example)}";
            checks.Add(await CheckAsync(name, example.Model, () => AnswersAsync(client, example, cancellationToken), cancellationToken));
        }

        foreach (var rows in heldOut)
        {
            checks.Add(await CheckAsync("held-out rows", rows.Model, () => AgreesAsync(client, rows, cancellationToken), cancellationToken));
            checks.Add(await CheckAsync("held-out tensors", rows.Model, () => AgreesAsTensorsAsync(client, rows, cancellationToken), cancellationToken));
        }

        return new(checks);
    }

    /// <summary>An example's number among those of its model, from 1.</summary>
    private int Ordinal(SmokeExample example) => examples.TakeWhile(other => !ReferenceEquals(other, example)).Count(other => other.Model == example.Model) + 1;

    private static async Task<SmokeCheck> CheckAsync(string name, string model, Func<Task<(bool Passed, string Message)>> ask,
        CancellationToken cancellationToken)
    {
        try
        {
            var (passed, message) = await ask();
            return new(name, passed, message, model);
        }
        catch (Exception problem) when (ServiceClient.IsSilence(problem, cancellationToken))
        {
            return new(name, false, problem.Message, model);
        }
        catch (Exception problem) when (problem is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return new(name, false, "the answer has not the form that it should have", model);
        }
    }

    private static async Task<(bool, string)> ServesAsync(ServiceClient client, ServedModel model, CancellationToken cancellationToken)
    {
        using var answer = await client.GetAsync($"/v2/models/{Uri.EscapeDataString(model.Name)}", cancellationToken);
        var digest = answer.RootElement.GetProperty("properties").GetProperty("digest").GetString();
        if (digest != model.Digest.ToString())
        {
            return (false, $"serves {digest}, not {model.Digest}");
        }

        var code = answer.RootElement.GetProperty("properties").TryGetProperty("code", out var served) ? served.GetString() : null;
        var wanted = model.Code?.Identity().ToString();
        return (code == wanted, code == wanted ? $"serves {digest}" : $"computes inputs by the code {code ?? "of nobody"}, not {wanted ?? "of nobody"}");
    }

    private static async Task<(bool, string)> AnswersAsync(ServiceClient client, SmokeExample example, CancellationToken cancellationToken)
    {
        using var answer = await client.PostAsync(ScorePath(example.Model), Encoding.UTF8.GetBytes(example.Input), cancellationToken);
        return ExpectationCheck.Of(example.Expect, answer.RootElement.GetProperty("predictions")[0]);
    }

    private static async Task<(bool, string)> AgreesAsync(ServiceClient client, HeldOutRows rows, CancellationToken cancellationToken)
    {
        var differing = new List<string>();
        for (var start = 0; start < rows.Rows.RowCount; start += Chunk)
        {
            var count = Math.Min(Chunk, rows.Rows.RowCount - start);
            using var answer = await client.PostAsync(ScorePath(rows.Model), RowJson.Rows(rows.Rows.WithOnly(rows.Columns), start, count), cancellationToken);
            differing.AddRange(ServedPredictions.Differences(answer.RootElement.GetProperty("predictions"), rows.Expected, start, count));
        }

        return Verdict(rows.Rows.RowCount, differing);
    }

    private static async Task<(bool, string)> AgreesAsTensorsAsync(ServiceClient client, HeldOutRows rows, CancellationToken cancellationToken)
    {
        var count = Math.Min(TensorRows, rows.Rows.RowCount);
        var path = $"/v2/models/{Uri.EscapeDataString(rows.Model)}/infer";
        using var answer = await client.PostAsync(path, RowJson.Tensors(rows.Rows.WithOnly(rows.Columns), 0, count), cancellationToken);
        return Verdict(count, [.. ServedPredictions.TensorDifferences(answer.RootElement.GetProperty("outputs"), rows.Expected, count)]);
    }

    private static (bool, string) Verdict(int rows, List<string> differing) => differing.Count == 0
        ? (true, $"{rows} rows predicted as by the trained model")
        : (false, $"{differing.Count} of {rows} rows predicted otherwise than by the trained model; {differing[0]}");

    private static string ScorePath(string model) => $"/score/{Uri.EscapeDataString(model)}";
}
