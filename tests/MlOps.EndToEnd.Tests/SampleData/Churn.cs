using System.Globalization;

namespace MlOps.Tests.SampleData;

/// <summary>Simulates the customers of a telephone company and which of them left within a quarter.</summary>
internal static class Churn
{
    private const int Customers = 6000;
    private static readonly string[] Regions = ["north", "east", "south", "west"];
    private static readonly string[] Plans = ["basic", "plus", "premium"];
    private static readonly string[] Contracts = ["monthly", "yearly", "two-year"];
    private static readonly string[] Payments = ["card", "direct debit", "invoice", "wallet"];

    /// <summary>The CSV: one row per customer.</summary>
    public static byte[] Csv()
    {
        var table = new Table(
            "customerId", "age", "region", "plan", "contract", "paymentMethod", "tenureMonths", "monthlyCharge", "dataUsageGb",
            "supportCalls", "satisfaction", "paperless", "autoPay", "churned");
        var draws = new Draws(6174);
        for (var i = 0; i < Customers; i++)
        {
            var age = (int)Math.Clamp(46 + 15 * draws.Normal(), 18, 90);
            var region = draws.Weighted(0.3, 0.25, 0.25, 0.2);
            var plan = draws.Weighted(0.45, 0.35, 0.2);
            var contract = draws.Weighted(0.5, 0.32, 0.18);
            var payment = draws.Weighted(0.4, 0.3, 0.2, 0.1);
            // Few are with us for long: the square bends the uniform towards zero.
            var stay = draws.Uniform();
            var tenure = 1 + (int)(stay * stay * 95);
            var usage = Math.Max(0.1, (plan + 1) * 9 * (1 + 0.5 * draws.Normal()) - 0.12 * (age - 46));
            var charge = 14 + 13 * plan + 0.25 * usage + 2.5 * draws.Normal() - 2 * contract;
            var calls = draws.Weighted(0.38, 0.27, 0.16, 0.09, 0.05, 0.03, 0.02);
            var mood = Math.Clamp(3.9 - 0.45 * calls + 0.8 * draws.Normal(), 1, 5);
            var autoPay = draws.Happens(payment < 2 ? 0.7 : 0.15);

            var urge = -2.95
                + (contract == 0 ? 1.5 : contract == 1 ? -0.3 : -1.6)
                + (tenure < 6 ? 1.0 : tenure < 18 ? 0.3 : -0.6)
                + 0.5 * calls - 0.75 * (mood - 3)
                + 0.09 * (charge - 14 - 13 * plan - 0.25 * usage)
                + (plan == 2 && usage < 15 ? 1.3 : 0)
                + (autoPay ? -0.5 : 0.3) + (payment == 2 ? 0.4 : 0)
                + (age < 28 ? 0.5 : age > 65 ? -0.4 : 0)
                + (region == 3 ? 0.25 : 0);
            var churned = draws.Happens(Probability(1.0 * urge));
            table.Add(
                "C" + (100_000 + i * 7).ToString(CultureInfo.InvariantCulture), age, Regions[region], Plans[plan], Contracts[contract], Payments[payment],
                tenure, Table.Number(charge, 2),
                draws.Happens(0.04) ? null : Table.Number(usage, 1),
                calls,
                // Not everybody answers the survey, the unhappy less often.
                draws.Happens(mood < 3 ? 0.25 : 0.12) ? null : Table.Number(mood, 0),
                draws.Happens(0.6), autoPay, churned ? "yes" : "no");
        }

        return table.ToBytes();
    }

    // Rises like the logistic function from 0 to 1, without its exponential.
    private static double Probability(double x) => 0.5 * (1 + x / Math.Sqrt(2.5 + x * x));
}
