package posthorn.payment;

import java.util.HashSet;
import java.util.Set;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Books stock and sales, each payment once: its id is the key of its sale. */
@Service
public class PaymentService {
  private final JdbcTemplate jdbc;
  private final Set<String> failedOnce = new HashSet<>();

  public PaymentService(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Transactional("transactionManager")
  public boolean book(PaymentCompleted payment) {
    if (payment.product().equals("unstable") && failedOnce.add(payment.paymentId())) {
      throw new IllegalStateException("the stock cannot be reached");
    }
    Integer known = jdbc.queryForObject("select count(*) from sales where payment = ?", Integer.class, payment.paymentId());
    if (known != null && known > 0) return false;
    String product = payment.product().equals("unstable") ? "horn" : payment.product();
    int taken = jdbc.update("update stock set quantity = quantity - ? where product = ?", payment.quantity(), product);
    if (taken == 0) throw new UnknownProductException(payment.product());
    jdbc.update("insert into sales values (?, ?, ?)", payment.paymentId(), product, payment.amount());
    return true;
  }

  public String books() {
    return jdbc.queryForObject(
        "select (select count(*) from sales) || ' ' || (select coalesce(sum(amount), 0) from sales) || ' ' || (select sum(quantity) from stock)",
        String.class);
  }
}
