using MlOps.Content;
using MlOps.Data;
using MlOps.Delivery;
using MlOps.Scoring;
using MlOps.Tests.Serving;

namespace MlOps.Tests.Delivery;

public sealed class SmokeTestTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly Uri _url = shared.Service.Url;

    public static TheoryData<string, string, Expectation?, bool> Examples => new()
    {
        { "bikes", "{}", null, true },
        { "bikes", "{}", new Expectation.Range(50, null), true },
        { "bikes", "{}", new Expectation.Range(null, 49.9), false },
        { "bikes", "{}", new Expectation.Equal(50), true },
        { "bikes", "{}", new Expectation.Equal(50.001), false },
        { "bikes", "{}", new Expectation.Equal(50.001, 0.01), true },
        { "bikes", "{}", new Expectation.Label("50"), false },
        { "bikes", """{"hoor": 8}""", null, false },
        { "churn", """{"months": 3}""", new Expectation.Label("yes"), true },
        { "churn", """{"months": 30}""", new Expectation.Label("yes"), false },
        { "churn", """{"months": 30}""", new Expectation.Range(0.8, 1), false },
        { "churn", """{"months": 30}""", new Expectation.Range(0, 0.2), true },
        { "absent", "{}", null, false },
        { "bikes", "[]", null, false },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_is_met_or_not(string model, string input, Expectation? expected, bool passes)
    {
        var report = await new SmokeTest([], [new(model, input, expected)], []).RunAsync(_url, CancellationToken.None);
        var check = report.Checks[^1];
        Assert.Equal((passes, "example 1", model), (check.Passed, check.Name, check.Model));
        Assert.Equal(passes, report.Passed);
    }

    [Fact]
    public async Task Held_out_rows_of_classes_agree_to_the_last_bit()
    {
        var frame = new Frame([new StringColumn("subject", [0, 1, 2, -1], ["Invoice: invoice 12", "reset password \"now\"", "žluťoučký kůň"])]);
        var expected = new Scorer(TestModels.Tickets()).Predict(frame);
        Assert.True((await new SmokeTest([], [], [new("tickets", frame, expected)]).RunAsync(_url, CancellationToken.None)).Passed);

        expected.Values[4] = NextUp(expected.Values[4]);
        var report = await new SmokeTest([], [], [new("tickets", frame, expected)]).RunAsync(_url, CancellationToken.None);
        Assert.Equal([true, false, false], report.Checks.Select(check => check.Passed));
        Assert.Contains("1 of 4 rows predicted otherwise than by the trained model; held-out row 2: login", report.Checks[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_model_than_the_released_one_is_noticed()
    {
        var report = await new SmokeTest([new("bikes", "", Digest.Of("another"))], [], []).RunAsync(_url, CancellationToken.None);
        Assert.Equal([("ready", true), ("digest", false)], report.Checks.Select(check => (check.Name, check.Passed)));
    }

    [Fact]
    public async Task A_service_that_nobody_runs_fails_with_one_check()
    {
        var report = await new SmokeTest([], [new("bikes", "{}", null)], []).RunAsync(new($"http://127.0.0.1:{Ports.Free()}"), CancellationToken.None);
        Assert.Equal("ready", Assert.Single(report.Checks).Name);
        Assert.False(report.Passed);
    }

    private static float NextUp(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) + 1);
}
